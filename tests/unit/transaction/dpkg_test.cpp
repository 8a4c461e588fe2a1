// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/transaction/dpkg.hpp>
#include <erlrc/transaction/requests.hpp>

using namespace erlrc;

// The calls of maintainer scripts are those of dpkg 1.20 to 1.23, as observed.

namespace {

const PackagedApps kOld{{{"lib"}, "1.0", "/l/lib-1.0/ebin"}, {{"egerl"}, "4.0.1", "/l/egerl-4.0.1/ebin"}};
const PackagedApps kNew{{{"lib"}, "1.1", "/l/lib-1.1/ebin"}, {{"egerl"}, "4.1.0", "/l/egerl-4.1.0/ebin"}};

const Version kLib10{"1.0", "/l/lib-1.0/ebin"};
const Version kLib11{"1.1", "/l/lib-1.1/ebin"};
const Version kEgerl401{"4.0.1", "/l/egerl-4.0.1/ebin"};
const Version kEgerl410{"4.1.0", "/l/egerl-4.1.0/ebin"};

Request start(std::string app, Version vsn) {
  return {Atom{std::move(app)}, Request::Start{std::move(vsn)}};
}
Request stop(std::string app, Version vsn) {
  return {Atom{std::move(app)}, Request::Stop{std::move(vsn)}};
}
Request up(std::string app, Version from, Version to) {
  return {Atom{std::move(app)}, Request::Change{Direction::up, std::move(from), std::move(to)}};
}
Request down(std::string app, Version from, Version to) {
  return {Atom{std::move(app)}, Request::Change{Direction::down, std::move(from), std::move(to)}};
}

/// A script that dpkg calls, with what is known about the package at that moment.
struct Call {
  Script script = Script::postinst;
  std::vector<std::string> args{};
  std::optional<PackagedApps> installed{};
  std::optional<PackagedApps> unpacking{};
  PackagedApps backup{};
  DesiredApps desired{};
  std::optional<std::vector<std::string>> nodes{};
};

std::vector<Request> requests_for(const Call& call) {
  const auto moment = moment_of(call.script, call.args);
  if (!moment) return {};
  return erlrc::requests_for(*moment,
                             {call.installed, call.unpacking, call.backup, call.desired, call.nodes});
}

/// A call while both control members exist: from preinst to the end of unpacking.
Call unpacking(Script script, std::vector<std::string> args, PackagedApps from = kOld,
               PackagedApps to = kNew) {
  return {script, std::move(args), std::move(from), std::move(to)};
}

/// A call while only the installed control member exists.
Call at_rest(Script script, std::vector<std::string> args, PackagedApps installed) {
  return {script, std::move(args), std::move(installed)};
}

struct Meaning {
  std::optional<Moment> moment{};
  std::vector<Request> requests{};
  bool operator==(const Meaning&) const = default;
};

Meaning meaning(const Call& call) {
  return {moment_of(call.script, call.args), requests_for(call)};
}

}  // namespace

TEST_CASE("an install starts the applications once they are configured") {
  CHECK(meaning({Script::preinst, {"install"}, std::nullopt, kNew}) == Meaning{});
  CHECK(meaning(at_rest(Script::postinst, {"configure", ""}, kNew)) ==
        Meaning{Moment::configured, {start("lib", kLib11), start("egerl", kEgerl410)}});
}

TEST_CASE("an application that should not run is not started, and upgraded only in nodes that run it") {
  Call call = at_rest(Script::postinst, {"configure", ""}, kNew);
  call.desired = {Atom{"egerl"}};
  CHECK(requests_for(call) == std::vector{start("egerl", kEgerl410)});
  call = unpacking(Script::postrm, {"upgrade", "2-1"});
  call.desired = {Atom{"egerl"}};
  Request lib = up("lib", kLib10, kLib11);
  std::get<Request::Change>(lib.what).start = false;
  CHECK(requests_for(call) == std::vector{lib, up("egerl", kEgerl401, kEgerl410)});
}

TEST_CASE("requests are for the nodes that the package names") {
  Call call = unpacking(Script::postrm, {"upgrade", "2-1"});
  call.nodes = {{"n1", "n2@host"}};
  for (const Request& request : requests_for(call))
    CHECK(request.nodes == call.nodes);
  for (const Request& request : all_reversed(requests_for(call)))
    CHECK(request.nodes == call.nodes);
}

TEST_CASE("the old postrm upgrades, in the order of the applications' dependencies") {
  CHECK(meaning(unpacking(Script::prerm, {"upgrade", "2-1"})) == Meaning{});
  CHECK(meaning(unpacking(Script::preinst, {"upgrade", "1-1", "2-1"})) == Meaning{Moment::about_to_unpack});
  CHECK(meaning(unpacking(Script::postrm, {"upgrade", "2-1"})) ==
        Meaning{Moment::both_on_disk, {up("lib", kLib10, kLib11), up("egerl", kEgerl401, kEgerl410)}});
  CHECK(meaning(at_rest(Script::postinst, {"configure", "1-1"}, kNew)) ==
        Meaning{Moment::configured, {start("lib", kLib11), start("egerl", kEgerl410)}});
}

TEST_CASE("the version of the application, not that of the package, decides what is a downgrade") {
  CHECK(requests_for(unpacking(Script::postrm, {"upgrade", "9-1"}, kNew, kOld)) ==
        std::vector{down("lib", kLib11, kLib10), down("egerl", kEgerl410, kEgerl401)});
}

TEST_CASE("a rebuilt application of the same version is an upgrade in both directions") {
  const PackagedApps git{{{"a"}, "git", "/l/a/ebin"}};
  const Version vsn{"git", "/l/a/ebin"};
  CHECK(requests_for(unpacking(Script::postrm, {"upgrade", "1"}, git, git)) ==
        std::vector{up("a", vsn, vsn)});
  CHECK(requests_for(unpacking(Script::preinst, {"abort-upgrade", "1"}, git, git)) ==
        std::vector{up("a", vsn, vsn)});
}

TEST_CASE(
    "applications that the new package no longer has are stopped after the upgrades, dependents first") {
  const PackagedApps three{{{"lib"}, "1.0", "/l/lib-1.0/ebin"}, {{"x"}, "1", "/x"}, {{"y"}, "1", "/y"}};
  CHECK(requests_for(unpacking(Script::postrm, {"upgrade", "2"}, three, kNew)) ==
        std::vector{up("lib", kLib10, kLib11), stop("y", {"1", "/y"}), stop("x", {"1", "/x"})});
}

TEST_CASE("new applications are started by postinst") {
  CHECK(requests_for(unpacking(Script::postrm, {"upgrade", "2"}, {}, kNew)).empty());
}

TEST_CASE("without the control member of one of the versions there are no requests for an upgrade") {
  CHECK(requests_for({Script::postrm, {"upgrade", "2"}, kOld, std::nullopt}).empty());
  CHECK(requests_for({Script::postrm, {"failed-upgrade", "1", "2"}, std::nullopt, kNew}).empty());
}

TEST_CASE("the new postrm upgrades if the old one was killed") {
  CHECK(meaning(unpacking(Script::postrm, {"failed-upgrade", "1-1", "2-1"})) ==
        Meaning{Moment::both_on_disk_again, {up("lib", kLib10, kLib11), up("egerl", kEgerl401, kEgerl410)}});
}

TEST_CASE("the old preinst rolls an upgrade back, in the reverse order") {
  CHECK(meaning(unpacking(Script::preinst, {"abort-upgrade", "2-1"})) ==
        Meaning{Moment::unpack_failed, {down("egerl", kEgerl410, kEgerl401), down("lib", kLib11, kLib10)}});
  CHECK(requests_for(unpacking(Script::preinst, {"abort-upgrade", "1-1"}, kNew, kOld)) ==
        std::vector{up("egerl", kEgerl401, kEgerl410), up("lib", kLib10, kLib11)});
  const PackagedApps gone{{{"lib"}, "1.0", "/l/lib-1.0/ebin"}, {{"x"}, "1", "/x"}, {{"y"}, "1", "/y"}};
  CHECK(requests_for(unpacking(Script::preinst, {"abort-upgrade", "2"}, gone, kNew)) ==
        std::vector{start("x", {"1", "/x"}), start("y", {"1", "/y"}), down("lib", kLib11, kLib10)});
}

TEST_CASE("the old version is read from its backup") {
  Call call = unpacking(Script::postrm, {"upgrade", "2-1"});
  call.backup = {{{"lib"}, "1.0", Location::backed_up("/l/lib-1.0/ebin", "/backup/lib")}};
  CHECK(requests_for(call).front() ==
        up("lib", {"1.0", Location::backed_up("/l/lib-1.0/ebin", "/backup/lib")}, kLib11));
  call.script = Script::preinst;
  call.args = {"abort-upgrade", "2-1"};
  CHECK(requests_for(call).back() ==
        down("lib", kLib11, {"1.0", Location::backed_up("/l/lib-1.0/ebin", "/backup/lib")}));
  CHECK(with_backup({}, call.backup) == call.backup);
}

TEST_CASE("the end of an upgrade that dpkg gave up starts the old applications") {
  CHECK(meaning(unpacking(Script::postrm, {"abort-upgrade", "1-1", "2-1"})) ==
        Meaning{Moment::old_files_restored});
  CHECK(meaning(at_rest(Script::postinst, {"abort-upgrade", "2-1"}, kOld)) ==
        Meaning{Moment::given_up, {start("lib", kLib10), start("egerl", kEgerl401)}});
}

TEST_CASE("a failing prerm does not prevent an upgrade") {
  CHECK(meaning(unpacking(Script::prerm, {"failed-upgrade", "1-1", "2-1"})) == Meaning{});
}

TEST_CASE("a removal stops the applications, dependents first, and a removal that is given up starts them") {
  const std::vector<std::string> args = GENERATE(
      std::vector<std::string>{"remove"}, std::vector<std::string>{"remove", "in-favour", "other", "1"});
  // dpkg does not call the prerm of a package that was never configured.
  const Script script = GENERATE(Script::prerm, Script::postrm);
  CHECK(meaning(at_rest(script, args, kOld)) ==
        Meaning{script == Script::prerm ? Moment::about_to_remove : Moment::removed,
                {stop("egerl", kEgerl401), stop("lib", kLib10)}});
  CHECK(meaning(at_rest(Script::postinst, {"abort-remove"}, kOld)) ==
        Meaning{Moment::stays_installed, {start("lib", kLib10), start("egerl", kEgerl401)}});
}

TEST_CASE("the applications of a deconfigured package keep running, and are started if that is given up") {
  CHECK(meaning(at_rest(Script::prerm, {"deconfigure", "in-favour", "liba", "1.1"}, kOld)) == Meaning{});
  CHECK(meaning(at_rest(Script::postinst, {"abort-deconfigure", "in-favour", "liba", "1.1"}, kOld)) ==
        Meaning{Moment::stays_installed, {start("lib", kLib10), start("egerl", kEgerl401)}});
}

TEST_CASE("all other calls do nothing") {
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
  CHECK(requests_for(unpacking(script, args)).empty());
}

TEST_CASE("a package without a control member has no requests") {
  const Script script = GENERATE(Script::preinst, Script::postinst, Script::prerm, Script::postrm);
  for (const char* arg : {"install", "upgrade", "configure", "remove", "abort-upgrade", "failed-upgrade"})
    CHECK(requests_for({script, {arg, "1"}, std::nullopt, std::nullopt}).empty());
}

TEST_CASE("a request is reversed by the opposite action with exchanged versions") {
  CHECK(reversed(start("a", kLib10)) == stop("a", kLib10));
  CHECK(reversed(stop("a", kLib10)) == start("a", kLib10));
  CHECK(reversed(up("a", kLib10, kLib11)) == down("a", kLib11, kLib10));
  CHECK(reversed(down("a", kLib11, kLib10)) == up("a", kLib10, kLib11));
}

TEST_CASE("the name of a script is parsed") {
  CHECK(parse_script("preinst") == Script::preinst);
  CHECK(parse_script("postinst") == Script::postinst);
  CHECK(parse_script("prerm") == Script::prerm);
  CHECK(parse_script("postrm") == Script::postrm);
  CHECK(parse_script("config") == std::nullopt);
}

TEST_CASE("a backup replaces only an application with the same version") {
  const PackagedApp installed{{"a"}, "1.0", "/a"};
  const PackagedApp same{{"a"}, "1.0", Location::backed_up("/a", "/backup/a")};
  const PackagedApp left{{"a"}, "1.1", Location::backed_up("/a-1.1", "/backup/a")};
  CHECK(with_backup({installed}, {same}) == PackagedApps{same});
  CHECK(with_backup({installed}, {left}) == PackagedApps{installed});
  CHECK(with_backup({}, {left}) == PackagedApps{left});
}
