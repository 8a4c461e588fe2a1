// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/start_limit.hpp>

#include "catch.hpp"

using namespace erlrc;
using Kind = StartRule::Kind;

namespace {

const Atom egerl{"egerl"}, eglib{"eglib"}, low{"low"}, yaws{"yaws"}, kernel{"kernel"};

/// A node that runs egerl, which needs eglib.
NodeState node() {
  NodeState state;
  state.loaded[kernel] = {"8.5", {}};
  state.loaded[egerl] = {"1.0", {}, {kernel, eglib}};
  state.running = {{kernel, Atom{"permanent"}}, {egerl, Atom{"temporary"}}};
  return state;
}

bool may(const Atom& app, const StartRule& rule, const PackageStarts& starts = {}) {
  return may_start(app, rule, node(), starts);
}

}  // namespace

TEST_CASE("an entry lets packages start everything, nothing, or what it names") {
  CHECK(may(yaws, {}));
  CHECK_FALSE(may(eglib, {Kind::only, {}}));
  CHECK(may(yaws, {Kind::only, {yaws}}));
  CHECK_FALSE(may(eglib, {Kind::only, {yaws}}));
}

TEST_CASE("with `running`, packages start what a running application needs, and what ran before") {
  const StartRule running{Kind::running, {}};
  CHECK(may(eglib, running));
  CHECK_FALSE(may(yaws, running));
  CHECK_FALSE(may(low, running));
  CHECK(may(yaws, running, {{}, {yaws}}));
}

TEST_CASE("what the new version of a running application needs may be started, and what that needs") {
  const StartRule running{Kind::running, {}};
  CHECK(may(yaws, running, {{{egerl, {yaws}}}, {}}));
  CHECK(may(low, running, {{{egerl, {yaws}}, {yaws, {low}}}, {}}));
  CHECK_FALSE(may(eglib, running, {{{egerl, {yaws}}}, {}}));
  CHECK_FALSE(may(low, running, {{{yaws, {low}}}, {}}));
}

TEST_CASE("only a request whose application does not run starts it") {
  CHECK(would_start({eglib, Request::Start{}}, node()));
  CHECK_FALSE(would_start({egerl, Request::Start{}}, node()));
  CHECK_FALSE(would_start({eglib, Request::Stop{}}, node()));
  Request::Change change;
  CHECK(would_start({eglib, change}, node()));
  change.start = false;
  CHECK_FALSE(would_start({eglib, change}, node()));
}

TEST_CASE("a node's own applications are those that do not come with Erlang") {
  CHECK(own_applications(node()) == std::vector<Atom>{egerl});
}
