// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/base/error.hpp>
#include <erlrc/transaction/run_record.hpp>

using namespace erlrc;

namespace {

const Version old{"1.0", Location::backed_up("/l/a-1.0/ebin", "/backup/a")};
const Version now{"1.1", Location::staged("/l/a-1.1/ebin", "/staged/l/a-1.1/ebin")};

/// A record with every field of every kind.
RunRecord whole() {
  RunRecord record{"4711 123456"};
  record.groups.push_back(
      {RunRecord::State::done,
       "",
       {{"liba", "1.0", "1.1", {{Atom{"a"}, Request::Change{Direction::up, old, now}}}, true},
        {"new", "", "1.1", {{Atom{"n"}, Request::Start{now}}}, false}}});
  record.groups.push_back(
      {RunRecord::State::failed, "c could not be upgraded", {{"c", "2", "1", {}, false}}, true});
  record.groups.back().packages.front().requests = {
      {Atom{"c"}, Request::Change{Direction::down, now, old, false}, {{"n"}}},
      {Atom{"s"}, Request::Stop{old}}};
  record.groups.push_back(
      {RunRecord::State::trying, "", {{"d", "1", "2", {}, false}, {"e", "1", "", {}, true, true}}});
  return record;
}

}  // namespace

TEST_CASE("a run record is read back as it was written") {
  CHECK(decode_run_record(encode_run_record(whole())) == whole());
}

TEST_CASE("a run record of an earlier version of erlrc can be read, since the run may upgrade erlrc") {
  const RunRecord record = decode_run_record(R"({"dpkg": "1 2", "groups": [{"state": "done", "because": "",
    "packages": [{"name": "liba", "from": "1.0", "version": "1.1", "settled": true, "requests": [
      {"action": "upgrade", "app": "a", "start": true,
       "from": {"vsn": "1.0", "ebin": "/l/a-1.0/ebin", "kept": "/backup/a", "becomes": null},
       "to": {"vsn": "1.1", "ebin": "/staged/l/a-1.1/ebin", "kept": null, "becomes": "/l/a-1.1/ebin"}},
      {"action": "start", "app": "n", "start": true,
       "from": {"vsn": "", "ebin": null, "kept": null}, "to": {"vsn": "1.1", "ebin": "/l/n"}},
      {"action": "stop", "app": "s", "start": true,
       "from": {"vsn": "1.1", "ebin": "/l/n"}, "to": {"vsn": "", "ebin": null, "kept": null}}]}]}]})");
  CHECK(record.groups.front().packages.front().requests ==
        std::vector<Request>{{Atom{"a"}, Request::Change{Direction::up, old, now}},
                             {Atom{"n"}, Request::Start{{"1.1", "/l/n"}}},
                             {Atom{"s"}, Request::Stop{{"1.1", "/l/n"}}}});
}

TEST_CASE("a package is found in its group") {
  RunRecord record = whole();
  CHECK(record.group_of("new") == &record.groups.at(0));
  CHECK(record.group_of("d") == &record.groups.at(2));
  CHECK(record.group_of("f") == nullptr);
  CHECK(record.groups.at(0).find("new")->version == "1.1");
  CHECK(!record.groups.at(0).all_closed());
  record.groups.at(0).find("new")->closed = true;
  CHECK(record.groups.at(0).all_closed());
}

TEST_CASE("a text that is not a run record is an error") {
  const std::string text = encode_run_record(whole());
  const auto cut = GENERATE(0U, 1U, 20U, 200U);
  CHECK_THROWS_AS(decode_run_record(text.substr(0, cut)), Error);
  CHECK_THROWS_AS(decode_run_record("[]"), Error);
  CHECK_THROWS_AS(decode_run_record(R"({"dpkg": "1 2", "groups": [{"state": "lost"}]})"), Error);
}
