// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/hook/dpkg.hpp>

using namespace erlrc;

// The sequences are those that dpkg 1.20 to 1.23 were seen to make.

namespace {

const PackagedApps kOld{{{"lib"}, "1.0", "/l/lib-1.0/ebin"}, {{"egerl"}, "4.0.1", "/l/egerl-4.0.1/ebin"}};
const PackagedApps kNew{{{"lib"}, "1.1", "/l/lib-1.1/ebin"}, {{"egerl"}, "4.1.0", "/l/egerl-4.1.0/ebin"}};

const Version kLib10{"1.0", "/l/lib-1.0/ebin"};
const Version kLib11{"1.1", "/l/lib-1.1/ebin"};
const Version kEgerl401{"4.0.1", "/l/egerl-4.0.1/ebin"};
const Version kEgerl410{"4.1.0", "/l/egerl-4.1.0/ebin"};

Request start(std::string app, Version vsn) {
  return {Action::start, Atom{std::move(app)}, {}, std::move(vsn)};
}
Request stop(std::string app, Version vsn) {
  return {Action::stop, Atom{std::move(app)}, std::move(vsn), {}};
}
Request up(std::string app, Version from, Version to) {
  return {Action::upgrade, Atom{std::move(app)}, std::move(from), std::move(to)};
}
Request down(std::string app, Version from, Version to) {
  return {Action::downgrade, Atom{std::move(app)}, std::move(from), std::move(to)};
}

/// A call while both control members are there, as from preinst to the end of unpacking.
DpkgCall unpacking(Script script, std::vector<std::string> args, PackagedApps from = kOld,
                   PackagedApps to = kNew) {
  return {script, std::move(args), std::move(from), std::move(to), false};
}

/// A call while only the installed control member is there.
DpkgCall at_rest(Script script, std::vector<std::string> args, PackagedApps installed) {
  return {script, std::move(args), std::move(installed), std::nullopt, false};
}

}  // namespace

TEST_CASE("an install starts the applications once they are configured") {
  CHECK(plan_dpkg({Script::preinst, {"install"}, std::nullopt, kNew, false}) == HookPlan{.clear_mark = true});
  CHECK(plan_dpkg(at_rest(Script::postinst, {"configure", ""}, kNew)) ==
        HookPlan{.requests = {start("lib", kLib11), start("egerl", kEgerl410)}});
}

TEST_CASE("what should not run on this host is not started, and upgraded only where it runs") {
  DpkgCall call = at_rest(Script::postinst, {"configure", ""}, kNew);
  call.wanted = {Atom{"egerl"}};
  CHECK(plan_dpkg(call) == HookPlan{.requests = {start("egerl", kEgerl410)}});
  call = unpacking(Script::postrm, {"upgrade", "2-1"});
  call.wanted = {Atom{"egerl"}};
  Request lib = up("lib", kLib10, kLib11);
  lib.start = false;
  CHECK(plan_dpkg(call) ==
        HookPlan{.requests = {lib, up("egerl", kEgerl401, kEgerl410)}, .mark_refusal = true});
}

TEST_CASE("an upgrade is done in the old postrm, in the order in which the applications need each other") {
  CHECK(plan_dpkg(unpacking(Script::prerm, {"upgrade", "2-1"})) == HookPlan{.clear_mark = true});
  CHECK(plan_dpkg(unpacking(Script::preinst, {"upgrade", "1-1", "2-1"})) == HookPlan{.clear_mark = true});
  CHECK(plan_dpkg(unpacking(Script::postrm, {"upgrade", "2-1"})) ==
        HookPlan{.requests = {up("lib", kLib10, kLib11), up("egerl", kEgerl401, kEgerl410)},
                 .mark_refusal = true});
  CHECK(plan_dpkg(at_rest(Script::postinst, {"configure", "1-1"}, kNew)) ==
        HookPlan{.requests = {start("lib", kLib11), start("egerl", kEgerl410)}});
}

TEST_CASE("the versions of the application, not of the package, tell a downgrade") {
  CHECK(plan_dpkg(unpacking(Script::postrm, {"upgrade", "9-1"}, kNew, kOld)) ==
        HookPlan{.requests = {down("lib", kLib11, kLib10), down("egerl", kEgerl410, kEgerl401)},
                 .mark_refusal = true});
}

TEST_CASE("a rebuilt application of the same version is an upgrade, there and back") {
  const PackagedApps git{{{"a"}, "git", "/l/a/ebin"}};
  const Version vsn{"git", "/l/a/ebin"};
  CHECK(plan_dpkg(unpacking(Script::postrm, {"upgrade", "1"}, git, git)) ==
        HookPlan{.requests = {up("a", vsn, vsn)}, .mark_refusal = true});
  CHECK(plan_dpkg(unpacking(Script::preinst, {"abort-upgrade", "1"}, git, git)) ==
        HookPlan{.requests = {up("a", vsn, vsn)}, .tolerant = true});
}

TEST_CASE(
    "applications that the new package has no more are stopped after the others, the needing ones first") {
  const PackagedApps three{{{"lib"}, "1.0", "/l/lib-1.0/ebin"}, {{"x"}, "1", "/x"}, {{"y"}, "1", "/y"}};
  CHECK(plan_dpkg(unpacking(Script::postrm, {"upgrade", "2"}, three, kNew)) ==
        HookPlan{.requests = {up("lib", kLib10, kLib11), stop("y", {"1", "/y"}), stop("x", {"1", "/x"})},
                 .mark_refusal = true});
}

TEST_CASE("applications that are new are left to postinst") {
  CHECK(plan_dpkg(unpacking(Script::postrm, {"upgrade", "2"}, {}, kNew)) == HookPlan{.mark_refusal = true});
}

TEST_CASE("between a version with and one without a control member nothing is done to the node") {
  const DpkgCall leaves{Script::postrm, {"upgrade", "2"}, kOld, std::nullopt, false};
  CHECK(plan_dpkg(leaves) == HookPlan{.mark_refusal = true});
  const DpkgCall adopts{Script::postrm, {"failed-upgrade", "1", "2"}, std::nullopt, kNew, false};
  CHECK(plan_dpkg(adopts) == HookPlan{});
}

TEST_CASE("the new postrm fails again after a refusal, so that dpkg restores the old files") {
  DpkgCall call = unpacking(Script::postrm, {"failed-upgrade", "1-1", "2-1"});
  call.refused_before = true;
  CHECK(plan_dpkg(call) == HookPlan{.fail = true});
}

TEST_CASE("the new postrm does the upgrade that a killed old postrm could not do") {
  CHECK(plan_dpkg(unpacking(Script::postrm, {"failed-upgrade", "1-1", "2-1"})) ==
        HookPlan{.requests = {up("lib", kLib10, kLib11), up("egerl", kEgerl401, kEgerl410)}});
}

TEST_CASE("the old preinst takes an upgrade back, whatever was done last first, and never fails") {
  CHECK(plan_dpkg(unpacking(Script::preinst, {"abort-upgrade", "2-1"})) ==
        HookPlan{.requests = {down("egerl", kEgerl410, kEgerl401), down("lib", kLib11, kLib10)},
                 .tolerant = true});
  CHECK(
      plan_dpkg(unpacking(Script::preinst, {"abort-upgrade", "1-1"}, kNew, kOld)) ==
      HookPlan{.requests = {up("egerl", kEgerl401, kEgerl410), up("lib", kLib10, kLib11)}, .tolerant = true});
  const PackagedApps gone{{{"lib"}, "1.0", "/l/lib-1.0/ebin"}, {{"x"}, "1", "/x"}, {{"y"}, "1", "/y"}};
  CHECK(plan_dpkg(unpacking(Script::preinst, {"abort-upgrade", "2"}, gone, kNew)) ==
        HookPlan{.requests = {start("x", {"1", "/x"}), start("y", {"1", "/y"}), down("lib", kLib11, kLib10)},
                 .tolerant = true});
}

TEST_CASE("an upgrade that was given up ends with the old applications running and no marker") {
  CHECK(plan_dpkg(unpacking(Script::postrm, {"abort-upgrade", "1-1", "2-1"})) == HookPlan{});
  CHECK(plan_dpkg(at_rest(Script::postinst, {"abort-upgrade", "2-1"}, kOld)) ==
        HookPlan{.requests = {start("lib", kLib10), start("egerl", kEgerl401)}, .clear_mark = true});
}

TEST_CASE("a failing prerm does not keep an upgrade from going on") {
  CHECK(plan_dpkg(unpacking(Script::prerm, {"failed-upgrade", "1-1", "2-1"})) == HookPlan{});
}

TEST_CASE("a removal stops the applications, the needing ones first, and a removal given up starts them") {
  const std::vector<std::string> args = GENERATE(
      std::vector<std::string>{"remove"}, std::vector<std::string>{"remove", "in-favour", "other", "1"});
  CHECK(plan_dpkg(at_rest(Script::prerm, args, kOld)) ==
        HookPlan{.requests = {stop("egerl", kEgerl401), stop("lib", kLib10)}});
  // A package that was never configured has no prerm called.
  CHECK(plan_dpkg(at_rest(Script::postrm, args, kOld)) ==
        HookPlan{.requests = {stop("egerl", kEgerl401), stop("lib", kLib10)}});
  CHECK(plan_dpkg(at_rest(Script::postinst, {"abort-remove"}, kOld)) ==
        HookPlan{.requests = {start("lib", kLib10), start("egerl", kEgerl401)}});
}

TEST_CASE("a deconfigured package keeps running, and is started if that is given up") {
  CHECK(plan_dpkg(at_rest(Script::prerm, {"deconfigure", "in-favour", "liba", "1.1"}, kOld)) == HookPlan{});
  CHECK(plan_dpkg(at_rest(Script::postinst, {"abort-deconfigure", "in-favour", "liba", "1.1"}, kOld)) ==
        HookPlan{.requests = {start("lib", kLib10), start("egerl", kEgerl401)}});
}

TEST_CASE("calls that mean nothing for a node do nothing") {
  const auto [script, args] = GENERATE(table<Script, std::vector<std::string>>({
      {Script::postrm, {"purge"}},
      {Script::postrm, {"disappear", "other", "1"}},
      {Script::postrm, {"abort-install"}},
      {Script::postrm, {"abort-upgrade", "1", "2"}},
      {Script::postinst, {"triggered", "/usr/lib/erlang/lib"}},
      {Script::postinst, {"something-new"}},
      {Script::preinst, {"remove"}},
      {Script::prerm, {}},
  }));
  CHECK(plan_dpkg(unpacking(script, args)) == HookPlan{});
}

TEST_CASE("a package without a control member asks for nothing") {
  const Script script = GENERATE(Script::preinst, Script::postinst, Script::prerm, Script::postrm);
  for (const char* arg : {"install", "upgrade", "configure", "remove", "abort-upgrade", "failed-upgrade"})
    CHECK(plan_dpkg({script, {arg, "1"}, std::nullopt, std::nullopt, false}).requests.empty());
}

TEST_CASE("the reverse of a request undoes it") {
  CHECK(reversed(start("a", kLib10)) == stop("a", kLib10));
  CHECK(reversed(stop("a", kLib10)) == start("a", kLib10));
  CHECK(reversed(up("a", kLib10, kLib11)) == down("a", kLib11, kLib10));
  CHECK(reversed(down("a", kLib11, kLib10)) == up("a", kLib10, kLib11));
}

TEST_CASE("scripts are known by their names") {
  CHECK(parse_script("preinst") == Script::preinst);
  CHECK(parse_script("postinst") == Script::postinst);
  CHECK(parse_script("prerm") == Script::prerm);
  CHECK(parse_script("postrm") == Script::postrm);
  CHECK(parse_script("config") == std::nullopt);
}
