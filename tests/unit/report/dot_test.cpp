// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/report/dot.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("the start order is a graph without arrows that others imply") {
  const Atom a{"a"}, b{"b"}, c{"c"}, i{"i"}, type{"temporary"};
  BootPlan plan;
  plan.starts = {
      {a, "1", type, {}, {}, {}, {}}, {b, "2", type, {a}, {i}, {}, {}}, {c, "3", type, {a, b}, {}, {}, {}}};
  CHECK(render_dot(plan) ==
        "digraph boot {\n"
        "  rankdir=LR;\n"
        "  node [shape=box];\n"
        "  \"a\" [label=\"a\\n1\"];\n"
        "  subgraph \"cluster_b\" {\n"
        "    \"b\" [label=\"b\\n2\"];\n"
        "    \"i\" [label=\"i\\nincluded\", style=dashed];\n"
        "  }\n"
        "  \"c\" [label=\"c\\n3\"];\n"
        "  \"a\" -> \"b\";\n"
        "  \"b\" -> \"c\";\n"
        "}\n");
}

TEST_CASE("an application that is not started is in the graph with the reason") {
  const Atom a{"a"}, b{"b"}, c{"c"};
  BootPlan plan;
  plan.problems = {CircularDependency{{a, b}}, NotStarted{c, {a}},
                   AppFileBroken{Atom{"d"}, "/d.app", "/d.app:1:1: found \"x\\\""}};
  CHECK(render_dot(plan) ==
        "digraph boot {\n"
        "  rankdir=LR;\n"
        "  node [shape=box];\n"
        "  \"a\" [label=\"a\\napplications need each other: a -> b -> a\", color=red, fontcolor=red];\n"
        "  \"b\" [label=\"b\\napplications need each other: a -> b -> a\", color=red, fontcolor=red];\n"
        "  \"b\" -> \"a\" [color=red];\n"
        "  \"a\" -> \"b\" [color=red];\n"
        "  \"c\" [label=\"c\\nc needs a\", color=red, fontcolor=red];\n"
        "  \"a\" -> \"c\" [color=red];\n"
        "  \"d\" [label=\"d\\nd: /d.app:1:1: found \\\"x\\\\\\\"\", color=red, fontcolor=red];\n"
        "}\n");
}
