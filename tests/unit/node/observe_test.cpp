// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/observe.hpp>

#include <algorithm>
#include <chrono>
#include <string>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

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

TEST_CASE("what a node answers about one application is part of its state") {
  const NodeState state = read_node_state(
      parse_term("#{otp => \"25\", lib_dir => \"/lib\", included => [{ok, []}], generated => [made],"
                 "  info => [{loaded, [{egerl, [], \"1\"}]}, {running, []}, {starting, []}, {started, []}],"
                 "  code => [{egerl, <<\"0123456789abcdef\">>}, {made, <<\"0123456789abcdef\">>}],"
                 "  maps => <<\"7f10-7f20 r--p 0 fe:01 11 /usr/lib/libc.so.6\\n7f20-7f30 r-xp 0 fe:01 11 "
                 "/usr/lib/libc.so.6\\n"
                 "7f30-7f40 rw-p 0 00:00 0\\n7f40-7f50 r--p 0 fe:01 12 /lib/egerl-1/priv/nif.so (deleted)\\n"
                 "7f50-7f60 r--p 0 fe:01 13 /usr/bin/beam.smp\\n\">>}"));
  CHECK(state.code.size() == 2);
  CHECK(state.generated == std::set<Atom>{Atom{"made"}});
  CHECK(state.libraries ==
        std::vector<std::string>{"/usr/lib/libc.so.6", "/lib/egerl-1/priv/nif.so (deleted)"});
}
