// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/preflight.hpp>

#include "catch.hpp"

using namespace erlrc;
using Mode = PreflightMode;

namespace {

const PreflightWords tool_words{"tool", "a way out"};

Forecast row(Forecast::Kind kind, const std::string& package) {
  Forecast made;
  made.kind = kind;
  made.package = package;
  made.app = package;
  made.node = "n@h";
  return made;
}

Forecasts found() {
  return {{row(Forecast::Kind::hot, "a"), row(Forecast::Kind::refused, "b"),
           row(Forecast::Kind::needs_restart, "c"), row(Forecast::Kind::refused, "")},
          {},
          {}};
}

}  // namespace

TEST_CASE("the table is the same whatever is decided") {
  for (const Mode mode : {Mode::report, Mode::refuse, Mode::leave}) {
    Streams streams;
    judge(found(), mode, tool_words, streams);
    CHECK(streams.out == render_forecasts(found()));
  }
}

TEST_CASE("what cannot be done is reported, refused, or skipped") {
  Streams streams;
  CHECK(judge(found(), Mode::report, tool_words, streams) == Verdict{});
  CHECK(streams.err.empty());
  CHECK(judge(found(), Mode::leave, tool_words, streams) == Verdict{false, {"b", "c"}});
  CHECK(streams.err.empty());
  CHECK(judge(found(), Mode::refuse, tool_words, streams) == Verdict{true, {}});
  CHECK(streams.err ==
        "tool: refused, and nothing has been changed: 3 of 4 changes to running nodes cannot be done "
        "(a way out)\n");
}

TEST_CASE("a warning is a reason to refuse only if that is configured") {
  Streams streams;
  CHECK(judge({{}, {}, {"unreadable"}}, Mode::report, tool_words, streams) == Verdict{});
  CHECK(streams.err == "tool: warning: unreadable\n");
  CHECK(judge({{}, {}, {"unreadable"}}, Mode::refuse, tool_words, streams).refused);
}
