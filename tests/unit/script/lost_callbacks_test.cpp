// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "made_files.hpp"

#include <erlrc/script/check_appup.hpp>
#include <erlrc/script/state_changes.hpp>

using namespace erlrc;
using namespace erlrc::test;

namespace {

const Atom kind{"kind"};

Module server(const std::string& how) {
  return module("kind").exporting("handle_call/3").exporting("handle_cast/2").differing(how);
}

std::vector<LostCallbacks> lost(const Module& before, const Module& after,
                                const std::vector<LowLevel>& script) {
  return lost_callbacks(files("1", {before}), files("2", {after}), script);
}

}  // namespace

TEST_CASE("a module that is loaded and no longer has what the loops of its processes call is found") {
  const std::vector<LowLevel> load{Load{kind}};
  CHECK(lost(server("1"), server("2"), load).empty());
  CHECK(lost(server("1"), module("kind"), {}).empty());
  CHECK(lost(server("1"), module("kind").exporting("callback_mode/0"), load) ==
        std::vector{LostCallbacks{kind, {function("handle_call/3"), function("handle_cast/2")}}});
  CHECK(lost(server("1"), module("kind").exporting("handle_cast/2"), load) ==
        std::vector{LostCallbacks{kind, {function("handle_call/3")}}});
  CHECK(lost(module("kind").exporting("callback_mode/0"), module("kind"), load).size() == 1);
  // A plain module may have a function of such a name.
  CHECK(lost(module("kind").exporting("handle_call/3"), module("kind"), load).empty());
}

TEST_CASE("processes that the script stops, or its author may have stopped, lose nothing") {
  CHECK(lost(server("1"), module("kind"), {StopProcesses{{kind}}, Load{kind}}).empty());
  CHECK(lost(server("1"), module("kind"), {Apply{kind, Atom{"stop"}, {}}, Load{kind}}).empty());
  CHECK(lost(server("1"), module("kind"), {Load{kind}, Apply{kind, Atom{"stop"}, {}}}).size() == 1);
}

TEST_CASE("the check of an appup reports it, for a made one, too") {
  CHECK(check_appup(files("2", {module("kind").differing("2")}), files("1", {server("1")})) ==
        std::vector<std::string>{"egerl: from 1: module kind: its processes call handle_call/3, "
                                 "handle_cast/2, which the new code does "
                                 "not have, and no instruction stops them"});
}
