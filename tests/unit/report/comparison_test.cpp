// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/report/comparison.hpp>

#include "catch.hpp"

using namespace erlrc;
using Kind = Difference::Kind;

TEST_CASE("a comparison without differences is one line") {
  CHECK(to_text("erlrc-node", "n1", {312, 1, {}}) == "erlrc-node: (n1) in sync: 312 modules, 1 library\n");
  CHECK(to_json("n1", {312, 1, {}}) == R"({"node":"n1","modules":312,"libraries":1,"differences":[]})"
                                       "\n");
}

TEST_CASE("differences are listed by kind and directory") {
  const Comparison found{3,
                         2,
                         {{Kind::other_code, "a", "/a/ebin/a.beam"},
                          {Kind::other_code, "b", "/b/ebin/b.beam"},
                          {Kind::other_code, "Elixir.C", "/a/ebin/Elixir.C.beam"},
                          {Kind::old_code, "a", ""},
                          {Kind::other_library, "a", "/a-1/priv/a.so"},
                          {Kind::replaced_library, "/usr/lib/libz.so", ""}}};
  CHECK(to_text("erlrc-node", "n1", found) ==
        "erlrc-node: (n1) differs: 3 modules, 2 libraries\n"
        "  other code is in /a/ebin: a, C\n"
        "  other code is in /b/ebin: b\n"
        "  processes still run code from before the last change: a\n"
        "  uses a NIF library that is not installed, loaded as /a-1/priv/a.so: a\n"
        "  libraries whose files were replaced or removed: /usr/lib/libz.so\n");
  CHECK(to_json("n1", {1, 0, {{Kind::no_file, "a", "/a/ebin/a.beam"}}}) ==
        R"({"node":"n1","modules":1,"libraries":0,)"
        R"("differences":[{"kind":"no_file","what":"a","file":"/a/ebin/a.beam"}]})"
        "\n");
}

TEST_CASE("of many names some are listed") {
  Comparison found;
  for (int i = 0; i < 30; ++i)
    found.differences.push_back({Kind::no_file, "m" + std::to_string(i), "/a/ebin/m.beam"});
  CHECK(to_text("t", "n", found).find("m19 and 10 more\n") != std::string::npos);
}
