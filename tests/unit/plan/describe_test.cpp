// SPDX-License-Identifier: BSD-3-Clause
#include "planning.hpp"

using namespace erlrc;

TEST_CASE("a step is described in one line") {
  const Atom a{"a"};
  const Atom b{"b"};
  CHECK(describe(StayRunning{a}) == "see that a still runs when all is done");
  CHECK(describe(ReplacePath{"/old", "/new"}) == "put /new into the code path in place of /old");
  CHECK(describe(UnloadApp{a, {b}}) == "unload application a, but not the included b");
  CHECK(describe(UnloadApp{a, {}}) == "unload application a");
  CHECK(describe(StartNeeded{a, {b, Atom{"c"}}}) == "start what a needs and what does not run: b, c");
  CHECK(describe(StartApp{a}) == "start application a (temporary)");
  CHECK(describe(SuspendProcesses{{a}, {{b, {}}}}) == "suspend the processes of a that run b");
  CHECK(describe(PostPurge{{{a, Purge::soft}, {b, Purge::brutal}}}) ==
        "purge the old code of b, killing what still runs it; purge the old code of a where nothing runs it");
  CHECK(describe(PostPurge{{{a, Purge::soft}}}) == "purge the old code of a where nothing runs it");
  CHECK(describe(ApplyHook{{a, b, {1, string("x")}}, std::nullopt}) == "call a:b(1,\"x\")");
  CHECK(describe(Resume{{Atom{"Elixir.A"}}}) == "resume the processes of A");
}

TEST_CASE("many names are counted") {
  std::vector<Atom> many;
  for (char name = 'a'; name <= 'k'; ++name)
    many.push_back(Atom{std::string(1, name)});
  CHECK(describe(Resume{many}) == "resume the processes of a, b, c, d, e, f, g, h and 3 more");
  many.resize(9);
  CHECK(describe(Resume{many}) == "resume the processes of a, b, c, d, e, f, g, h, i");
}
