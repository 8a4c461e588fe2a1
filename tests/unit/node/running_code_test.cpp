// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/running_code.hpp>

#include <erlrc/base/error.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

Term module(const std::string& name, Term file) {
  return tuple(tuple(Atom{name}, std::move(file)), tuple(binary("md5"), Atom{"false"}));
}

Term answer(std::vector<Term> modules, std::vector<Term> libraries) {
  return Map{{{Atom{"path"}, list({string("/a/ebin")})},
              {Atom{"modules"}, list(std::move(modules))},
              {Atom{"libraries"}, list(std::move(libraries))}}};
}

}  // namespace

TEST_CASE("the code of a node is read from its answer") {
  const RunningCode code = read_running_code(answer(
      {module("a", string("/a/ebin/a.beam")), module("b", Atom{"preloaded"}),
       module("c", Atom{"cover_compiled"}), module("d", list()), module("e", string("e"))},
      {tuple(binary("/a/priv/a.so"), list({binary("a")}), Atom{"false"}, list({tuple(0, 8, binary("part"))})),
       tuple(binary("/b.so"), list(), Atom{"true"}, Atom{"none"})}));
  using Origin = RunningModule::Origin;
  CHECK(code == RunningCode{{"/a/ebin"},
                            {{{"a"}, Origin::file, "/a/ebin/a.beam", "md5"},
                             {{"c"}, Origin::cover_compiled, "", "md5"},
                             {{"d"}, Origin::made, "", "md5"},
                             {{"e"}, Origin::made, "", "md5"}},
                            {{"/a/priv/a.so", {{"a"}}, false, {{{0, 8, "part"}}}},
                             {"/b.so", {}, true, std::nullopt}}});
}

TEST_CASE("a node names no other files than those of modules and libraries") {
  const RunningCode code = read_running_code(
      answer({module("a", string("/dev/watchdog")), module("b", string("/tmp/x.beam/../../proc/kmsg"))},
             {tuple(binary("/tmp/x.so/../../proc/kmsg"), list(), Atom{"false"}, Atom{"none"}),
              tuple(binary("linux-vdso.so.1"), list(), Atom{"false"}, Atom{"none"})}));
  using Origin = RunningModule::Origin;
  CHECK(code.modules ==
        std::vector<RunningModule>{{{"a"}, Origin::made, "", "md5"}, {{"b"}, Origin::made, "", "md5"}});
  CHECK(code.libraries.empty());
}

TEST_CASE("an answer about code that has another shape is refused") {
  CHECK_THROWS_AS(read_running_code(list()), ProtocolError);
  CHECK_THROWS_WITH(read_running_code(answer({Atom{"a"}}, {})), "the node's answer has no usable modules");
  CHECK_THROWS_WITH(read_running_code(answer({}, {tuple(1, 2)})),
                    "the node's answer has no usable libraries");
}
