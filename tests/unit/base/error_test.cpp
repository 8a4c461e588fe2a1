// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>

#include <cerrno>
#include <new>
#include <stdexcept>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("context is put before the message, the outermost first") {
  const auto refuse = [] { throw ProtocolError("cookie refused"); };
  const auto upgrade = [&] { within("upgrading foo", refuse); };
  CHECK_THROWS_WITH(within("node a@b", upgrade), "node a@b: upgrading foo: cookie refused");
  CHECK_THROWS_AS(within("node a@b", upgrade), ProtocolError);
}

TEST_CASE("within returns the result of its body") {
  int value = 3;
  CHECK(within("unused", [&]() -> int& { return value; }) == 3);
  static_assert(std::is_same_v<decltype(within("unused", [&]() -> int& { return value; })), int&>);
}

TEST_CASE("within does not change other exceptions") {
  CHECK_THROWS_WITH(within("context", [] { throw std::runtime_error("other"); }), "other");
}

TEST_CASE("any exception is reported in one line, with what was tried if it is not an Error") {
  CHECK(message_of(Error("the node refuses us"), "planning") == "the node refuses us");
  CHECK(message_of(std::runtime_error("other"), "planning") == "planning: other");
  CHECK(message_of(std::bad_alloc(), "planning") == "planning: out of memory");
}

TEST_CASE("a syntax error starts with file, line and column") {
  const SyntaxError error("f.app", {3, 7}, "found '}', expected ',' or ']'");
  CHECK(error.what() == std::string("f.app:3:7: found '}', expected ',' or ']'"));
  CHECK(error.position == Position{3, 7});
}

TEST_CASE("a system error reports what was tried and why it failed") {
  const SystemError error("/etc/erlrc.d/nodes: open", ENOENT);
  CHECK(error.what() == std::string("/etc/erlrc.d/nodes: open: No such file or directory"));
  CHECK(error.code == ENOENT);
}
