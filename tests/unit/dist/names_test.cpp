// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/names.hpp>

#include <erlrc/base/error.hpp>
#include <type_traits>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("a node name is read with and without its host") {
  CHECK(parse_node_name("egerl") == NodeName{"egerl", std::nullopt});
  CHECK(parse_node_name("egerl@host.example.org") == NodeName{"egerl", "host.example.org"});
  CHECK(to_string(parse_node_name("egerl")) == "egerl");
  CHECK(to_string(parse_node_name("egerl@vm")) == "egerl@vm");
}

TEST_CASE("two names may belong to one node unless their hosts differ") {
  const auto same = [](const char* a, const char* b) {
    return may_be_same(parse_node_name(a), parse_node_name(b));
  };
  CHECK(same("egerl", "egerl"));
  CHECK(same("egerl@vm", "egerl"));
  CHECK(same("egerl", "egerl@vm"));
  CHECK(same("egerl@vm", "egerl@vm"));
  CHECK_FALSE(same("egerl@vm", "egerl@other"));
  CHECK_FALSE(same("egerl@vm", "other@vm"));
  CHECK_FALSE(same("egerl", "other"));
}

TEST_CASE("an invalid node name is refused, on one line, with the reason") {
  struct Refused {
    std::string name;
    std::string message;
  };
  const auto [name, message] = GENERATE(values<Refused>({
      {"", "node name '': holds an empty part"},
      {"@host", "node name '@host': holds an empty part"},
      {"a@", "node name 'a@': holds an empty part"},
      {"a/b", "node name 'a/b': holds a slash"},
      {"../a", "node name '../a': holds a slash"},
      {"a..b", "node name 'a..b': holds two dots in a row"},
      {"a@b@c", "node name 'a@b@c': holds a second @"},
      {"a b", "node name 'a b': holds a character that is not printable ASCII"},
      {"a\nb", "node name 'a\\x0ab': holds a character that is not printable ASCII"},
      {"a@b\t", "node name 'a@b\\x09': holds a character that is not printable ASCII"},
      {"\xc3\xa4", "node name '\\xc3\\xa4': holds a character that is not printable ASCII"},
      {std::string(256, 'a'), "node name '" + std::string(60, 'a') + "..': holds more than 255 characters"},
  }));
  try {
    parse_node_name(name);
    FAIL("accepted");
  } catch (const UsageError& error) {
    CHECK(error.what() == message);
  }
}

TEST_CASE("a name may have 255 characters") {
  CHECK_NOTHROW(parse_node_name(std::string(255, 'a')));
}

// Functions that print or compare must never accept a cookie.
template <typename T>
concept Comparable = requires(T a) {
  a == a;
};
static_assert(!Comparable<Cookie>);
static_assert(!std::is_convertible_v<Cookie, std::string>);
