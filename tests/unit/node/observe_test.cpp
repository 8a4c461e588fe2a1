// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/observe.hpp>

#include <algorithm>
#include <chrono>
#include <string>

#include <erlrc/base/error.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

/// What a node answers: these lists of application:info(), and what its loaded applications include.
Term answer(std::vector<Term> loaded, std::vector<Term> included, std::vector<Term> running,
            std::vector<Term> started) {
  const Term info = list({tuple(Atom{"loaded"}, list(std::move(loaded))), tuple(Atom{"starting"}, list()),
                          tuple(Atom{"running"}, list(std::move(running))),
                          tuple(Atom{"started"}, list(std::move(started)))});
  return Map{{{Atom{"info"}, info}, {Atom{"included"}, list(std::move(included))}}};
}

Term loaded(const std::string& app) {
  return tuple(Atom{app}, string("about it"), string("1"));
}

}  // namespace

TEST_CASE("the state of a node is read from its answer") {
  const NodeState state = read_node_state(
      answer({loaded("a"), loaded("b")}, {tuple(Atom{"ok"}, list({Atom{"b"}})), Atom{"undefined"}},
             {tuple(Atom{"a"}, Atom{"undefined"}), tuple(Atom{"c"}, Atom{"undefined"})},
             {tuple(Atom{"a"}, Atom{"permanent"}), tuple(Atom{"b"}, Atom{"transient"})}));
  CHECK(state.loaded == std::map<Atom, LoadedApp>{{{"a"}, {"1", {{"b"}}}}, {{"b"}, {"1", {}}}});
  CHECK(state.running == std::map<Atom, Atom>{{{"a"}, {"permanent"}}, {{"c"}, {"temporary"}}});
}

TEST_CASE("an answer of another shape is refused") {
  CHECK_THROWS_WITH(read_node_state(answer({loaded("a")}, {}, {}, {})),
                    "the node's answer has no usable included");
  CHECK_THROWS_WITH(read_node_state(answer({}, {}, {Atom{"a"}}, {})),
                    "the node's answer has no usable running");
  CHECK_THROWS_AS(read_node_state(list()), ProtocolError);
}

TEST_CASE("the time to read an answer grows with its size only") {
  std::vector<Term> running, started;
  for (int i = 0; i < 40'000; ++i) {
    const Atom app{"app" + std::to_string(i)};
    running.push_back(tuple(app, Atom{"undefined"}));
    started.push_back(tuple(app, Atom{"permanent"}));
  }
  std::ranges::reverse(started);  // so that a search from the front is long
  const Term whole = answer({}, {}, std::move(running), std::move(started));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(read_node_state(whole).running.size() == 40'000);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::minutes(1));
}
