// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/forecast.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

using Kind = Forecast::Kind;

Forecast row(const std::string& app, Kind kind) {
  Forecast made;
  made.kind = kind;
  made.package = "erlang-" + app;
  made.app = app;
  made.old_vsn = "1";
  made.new_vsn = "2";
  made.node = "egerl";
  return made;
}

std::vector<Kind> kinds(const std::vector<Forecast>& rows) {
  std::vector<Kind> found;
  for (const Forecast& one : rows)
    found.push_back(one.kind);
  return found;
}

using Kinds = std::vector<Kind>;

}  // namespace

TEST_CASE("direct and indirect dependents of a refused application are refused") {
  std::vector<Forecast> rows{row("web", Kind::hot), row("cowlib", Kind::refused), row("cowboy", Kind::hot),
                             row("other", Kind::hot)};
  refuse_dependents(rows, {{"cowboy", {Atom{"cowlib"}}}, {"web", {Atom{"cowboy"}}}, {"other", {}}});
  CHECK(kinds(rows) == Kinds{Kind::refused, Kind::refused, Kind::refused, Kind::hot});
  CHECK(rows[2].why == "needs cowlib, which stays at 1");
  CHECK(rows[0].why == "needs cowboy, which stays at 1");
}

TEST_CASE("dependents of an application that needs a restart are refused") {
  std::vector<Forecast> rows{row("cowlib", Kind::needs_restart), row("cowboy", Kind::start)};
  refuse_dependents(rows, {{"cowboy", {Atom{"cowlib"}}}});
  CHECK(kinds(rows) == Kinds{Kind::needs_restart, Kind::refused});
}

TEST_CASE("a removal is not refused because of its dependencies") {
  std::vector<Forecast> rows{row("cowlib", Kind::refused), row("cowboy", Kind::stop)};
  refuse_dependents(rows, {{"cowboy", {Atom{"cowlib"}}}});
  CHECK(kinds(rows) == Kinds{Kind::refused, Kind::stop});
}

TEST_CASE("applications that need each other in a circle are refused together") {
  std::vector<Forecast> rows{row("a", Kind::hot), row("b", Kind::hot), row("c", Kind::refused)};
  refuse_dependents(rows, {{"a", {Atom{"b"}}}, {"b", {Atom{"a"}, Atom{"c"}}}});
  CHECK(kinds(rows) == Kinds{Kind::refused, Kind::refused, Kind::refused});
}

TEST_CASE("only refused applications and those that need a restart fail") {
  for (const Kind kind : {Kind::hot, Kind::restart, Kind::start, Kind::stop})
    CHECK_FALSE(fails(row("a", kind)));
  CHECK(fails(row("a", Kind::refused)));
  CHECK(fails(row("a", Kind::needs_restart)));
}

TEST_CASE("an upgrade whose NIF libraries cannot take over is refused, or makes a restart due") {
  const NifLibraries libraries{
      {"able.so", {{"able", true}}}, {"unable.so", {{"unable", false}}}, {"same.so", {{"same", false}}}};
  AppFiles from, to;
  from.libraries = {{"able.so", md5("1")}, {"unable.so", md5("1")}, {"same.so", md5("1")}};
  to.libraries = {{"able.so", md5("2")}, {"unable.so", md5("2")}, {"same.so", md5("1")}};
  const auto row_with = [&](const CheckLibraries& check) {
    Forecast row;
    row.why = "a remark";
    check_libraries(row, Plan{Word::upgraded, {check}}, libraries, from, to);
    return std::pair(row.kind, row.why);
  };
  const Atom able{"able"}, unable{"unable"}, same{"same"}, other{"other"};
  const std::string why =
      "NIF libraries that do not support an upgrade while the one before is loaded: unable, same";
  const std::string remark =
      "a remark; NIF libraries that differ, and cannot be replaced while the node runs, so that a restart is "
      "due: unable";
  CHECK(row_with({"/e", {able, other}, {able, same}, {}}) == std::pair(Kind::hot, std::string("a remark")));
  CHECK(row_with({"/e", {able, unable, same}, {}, {}}) == std::pair(Kind::refused, why));
  CHECK(row_with({"/e", {}, {able, unable, same}, {other, same}}) == std::pair(Kind::hot, remark));
  // Nothing loads it again.
  CHECK(row_with({"/e", {}, {}, {able}}).second.ends_with("a restart is due: able"));
}
