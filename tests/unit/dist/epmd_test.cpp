// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/epmd.hpp>

#include "catch.hpp"
#include "decoder_check.hpp"
#include "mirror.hpp"

using namespace erlrc;
using namespace erlrc::test;

static_assert(Machine<EpmdQuery>);
static_assert(Machine<EpmdNames>);
static_assert(Machine<ServerEpmd>);

namespace {

/// The error thrown by `next` if epmd answers `bytes` and closes the connection.
std::string error_after(BytesView bytes) {
  EpmdQuery query("egerl");
  query.receive(bytes);
  query.close();
  try {
    query.next();
  } catch (const ProtocolError& error) {
    CHECK_THROWS_WITH(query.next(), error.what());  // a failure is permanent
    return error.what();
  }
  return "none";
}

/// The names that epmd lists in `bytes`, and the error at the end, where epmd closes the connection.
std::pair<std::vector<EpmdName>, std::string> listed(BytesView bytes) {
  EpmdNames names;
  std::vector<EpmdName> all;
  names.receive(bytes);
  names.close();
  try {
    while (auto name = names.next())
      all.push_back(*std::move(name));
  } catch (const ProtocolError& error) {
    CHECK_THROWS_WITH(names.next(), error.what());
    return {all, error.what()};
  }
  return {all, "none"};
}

}  // namespace

TEST_CASE("epmd is asked for one name") {
  EpmdQuery query("egerl");
  CHECK(query.take_output() == Bytes("\0\6zegerl", 8));
  CHECK(query.take_output().empty());
  CHECK(query.next() == std::nullopt);
}

TEST_CASE("epmd's side decodes the request") {
  EpmdQuery query("egerl");
  ServerEpmd server;
  server.receive(query.take_output());
  CHECK(server.next() == "egerl");
}

TEST_CASE("epmd's answer is the port and the highest version of the protocol") {
  EpmdQuery query("egerl");
  query.receive(epmd_answer("egerl", 43210, 6));
  CHECK(query.next() == EpmdAnswer{Registration{43210, 6}});
  CHECK(query.next() == std::nullopt);
}

TEST_CASE("a refusal of epmd means that the node is not registered") {
  EpmdQuery query("egerl");
  query.receive(epmd_refusal());
  query.close();
  CHECK(query.next() == EpmdAnswer{});
}

TEST_CASE("extra bytes of a registration are ignored") {
  EpmdQuery query("egerl");
  query.receive(epmd_answer("egerl", 1) + "more");
  CHECK(query.next() == EpmdAnswer{Registration{1, 6}});
}

TEST_CASE("an invalid answer of epmd is an error") {
  const Bytes answer = epmd_answer("egerl", 1);
  CHECK(error_after("HTTP/1.1 400") == "answers 'HTTP/1.1 400', which is not an answer of epmd");
  CHECK(error_after("") == "closed the connection without an answer");
  CHECK(error_after(answer.substr(0, 16)) == "closed the connection in the middle of its answer");
  CHECK(error_after(epmd_answer("other", 1)) == "answers for 'other', asked for 'egerl'");
  CHECK(error_after(epmd_answer("egerl", 0)) == "reports port 0 for the node");
}

TEST_CASE("every answer of epmd is decoded or refused") {
  check_machine(epmd_answer("egerl", 43210), [] { return EpmdQuery("egerl"); });
  check_machine(epmd_refusal(), [] { return EpmdQuery("egerl"); });
}

TEST_CASE("epmd is asked for all names") {
  EpmdNames names;
  ServerEpmd server;
  const Bytes question = names.take_output();
  CHECK(question == Bytes("\0\1n", 3));
  CHECK(names.take_output().empty());
  server.receive(question);
  CHECK(server.next() == "");
}

TEST_CASE("epmd's list is a sequence of names that ends with the connection") {
  using Names = std::vector<EpmdName>;
  const Bytes two = epmd_names(4369, {{"a", 4000}, {"b at port 1", 65535}});
  CHECK(listed(two) == std::pair{Names{{"a", 4000}, {"b at port 1", 65535}, {}}, std::string("none")});
  CHECK(listed(epmd_names(4369, {})) == std::pair{Names{{}}, std::string("none")});
  EpmdNames open;
  open.receive(two);
  CHECK(open.next() == EpmdName{"a", 4000});
  CHECK(open.next() == EpmdName{"b at port 1", 65535});
  CHECK(open.next() == std::nullopt);
}

TEST_CASE("an invalid list of epmd is an error") {
  const auto error = [](const Bytes& lines) { return listed(Bytes("\0\0\x11\x11", 4) + lines).second; };
  const auto lists = [](const std::string& line) {
    return "lists '" + line + "', which is not an answer of epmd";
  };
  const std::string line = GENERATE("HTTP/1.1 400", "name a at port 0", "name a at port 65536",
                                    "name a at port 1x", "name a at port ", "name a", "name  at port 1", "");
  CHECK(error(line + "\n") == lists(line));
  CHECK(error("name a at port 1\nname b") == "closed the connection in the middle of its answer");
  CHECK(error(Bytes(2001, 'a')) == "lists a name that is too long");
  CHECK(listed("abc").second == "closed the connection in the middle of its answer");
  CHECK(listed("").second == "closed the connection in the middle of its answer");
}

TEST_CASE("every list of epmd is decoded or refused") {
  check_machine(epmd_names(4369, {{"a", 4000}, {"b", 5}}), [] { return EpmdNames(); });
}
