// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/base/error.hpp>
#include <erlrc/transaction/run_record.hpp>

using namespace erlrc;

namespace {

/// With every field of every kind.
RunRecord whole() {
  const Version old{"1.0", "/l/a-1.0/ebin", "/kept/a"};
  const Version now{"1.1", "/in/l/a-1.1/ebin", {}, "/l/a-1.1/ebin"};
  RunRecord record{"4711 123456"};
  record.groups.push_back({RunRecord::State::done,
                           "",
                           {{"liba", "1.0", "1.1", {{Action::upgrade, Atom{"a"}, old, now}}, true},
                            {"new", "", "1.1", {{Action::start, Atom{"n"}, {}, now}}, false}}});
  record.groups.push_back(
      {RunRecord::State::failed, "c could not be upgraded", {{"c", "2", "1", {}, false}}});
  record.groups.back().packages.front().requests = {{.action = Action::downgrade,
                                                     .app = Atom{"c"},
                                                     .from = now,
                                                     .to = old,
                                                     .start = false,
                                                     .nodes = {{"n"}}}};
  record.groups.push_back({RunRecord::State::trying, "", {{"d", "1", "2", {}, false}}});
  return record;
}

}  // namespace

TEST_CASE("a record of a run comes back as it was written") {
  CHECK(decode_run_record(encode_run_record(whole())) == whole());
}

TEST_CASE("a record without a field that later versions have is understood, since erlrc may be in the run") {
  std::string text = encode_run_record(whole());
  const std::string field = GENERATE("\"becomes\"", "\"nodes\"");
  for (std::size_t at; (at = text.find(field)) != std::string::npos;)
    text.erase(at, text.find(",\n", at) + 2 - at);
  CHECK(decode_run_record(text).groups.front().packages.front().name == "liba");
}

TEST_CASE("a package is found in its group") {
  RunRecord record = whole();
  CHECK(record.group_of("new") == &record.groups.at(0));
  CHECK(record.group_of("d") == &record.groups.at(2));
  CHECK(record.group_of("e") == nullptr);
  CHECK(record.groups.at(0).find("new")->version == "1.1");
  CHECK(!record.groups.at(0).all_settled());
  record.groups.at(0).find("new")->settled = true;
  CHECK(record.groups.at(0).all_settled());
}

TEST_CASE("what is no record of a run is an error") {
  const std::string text = encode_run_record(whole());
  const auto cut = GENERATE(0U, 1U, 20U, 200U);
  CHECK_THROWS_AS(decode_run_record(text.substr(0, cut)), Error);
  CHECK_THROWS_AS(decode_run_record("[]"), Error);
  CHECK_THROWS_AS(decode_run_record(R"({"dpkg": "1 2", "groups": [{"state": "lost"}]})"), Error);
}
