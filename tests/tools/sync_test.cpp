// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/base/md5.hpp>
#include <erlrc/beam/beam.hpp>
#include <erlrc/sys/file.hpp>

#include "dpkg_host.hpp"

// erlrc-sync, and erlrc-node list --status, which looks in the same way.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// What is installed is egerl 2.0; a node answers so.
struct Sync : Dpkg {
  explicit Sync(Term state, FakeNodeOptions options = good("n1")) : node(std::move(options)) {
    host.add("n1", node);
    play(node, std::move(state));
    installed(line("egerl", "2.0"));
  }
  Ran sync(std::vector<std::string> args = {}) const { return host.run(sync_main, std::move(args)); }
  Ran status() const { return host.run(node_main, {"list", "--status"}); }
  FakeNode node;
};

/// The node runs the code that the golden file of version 2.0 holds.
Term in_sync(const Dpkg& dpkg) {
  Term state = observed({{"egerl", "2.0"}});
  const Beam beam = parse_beam(read_file(dpkg.host.dir() / "egerl-2.0/ebin/plain.beam"), "plain.beam");
  for (auto& [key, value] : std::get<Map>(state.value).pairs)
    if (key == Term(Atom{"code"})) value = list({tuple(Atom{"plain"}, binary(to_bytes(beam.md5)))});
  return state;
}

}  // namespace

TEST_CASE("a node that runs what is installed is in sync") {
  Sync sync(observed({}));
  play(sync.node, in_sync(sync));
  CHECK(sync.sync() == Ran{0, "erlrc-sync: (n1) in_sync\n", ""});
  CHECK(sync.status() == Ran{0, "n1 in_sync\n", ""});
  CHECK(!was_run(sync.node));
}

TEST_CASE("of several packages that ship an application, that counts whose version runs") {
  Sync sync(observed({}));
  sync.installed(sync.line("egerl", "1.0"), GENERATE("another", "the_other"));  // before and after pkg
  SECTION("it runs") {
    play(sync.node, in_sync(sync));
    CHECK(sync.sync() == Ran{0, "erlrc-sync: (n1) in_sync\n", ""});
    CHECK(sync.status() == Ran{0, "n1 in_sync\n", ""});
    CHECK(!was_run(sync.node));
  }
  SECTION("neither does") {
    play(sync.node, observed({{"egerl", "3.0"}}));
    CHECK(sync.sync() == Ran{1, "", "erlrc-sync: (n1) restart_due\n  egerl: still running egerl 3.0\n"});
  }
}

TEST_CASE("what should run and does not is started") {
  const Sync sync(observed({}));
  CHECK(sync.status() == Ran{1, "n1 changed: egerl: would be started\n", ""});
  CHECK(sync.sync({"--dry-run", "n1"}) ==
        Ran{0, "erlrc-sync: (n1) changed\n  egerl: would be started\n", ""});
  CHECK(!was_run(sync.node));
  CHECK(sync.sync() == Ran{0, "erlrc-sync: (n1) changed\n  egerl: started\n", ""});
  CHECK(was_run(sync.node));
}

TEST_CASE("a node that runs another version needs a restart") {
  const Sync sync(observed({{"egerl", "1.0"}}));
  CHECK(sync.sync() == Ran{1, "", "erlrc-sync: (n1) restart_due\n  egerl: still running egerl 1.0\n"});
  CHECK(sync.status() == Ran{1, "n1 restart_due: egerl: still running egerl 1.0\n", ""});
}

TEST_CASE("nodes that are down, of another system, or that cannot be asked are listed as such") {
  SECTION("down") {
    const Sync sync(observed({}), good("n1", Fault::unregistered));
    CHECK(sync.status() == Ran{0, "n1 node_down\n", ""});
  }
  SECTION("of another system") {
    FakeNodeOptions options = good("n1");
    options.sees_our_files = false;
    const Sync sync(observed({}), options);
    CHECK(sync.status() == Ran{1, "n1 other_system: HOST/egerl-2.0/ebin is another file there\n", ""});
  }
  SECTION("unknown") {
    const Sync sync(observed({}), good("n1", Fault::wrong_proof));
    const Ran ran = sync.sync();
    CHECK(ran.exit == 1);
    CHECK_THAT(ran.err, Catch::StartsWith("erlrc-sync: (n1) unknown\n  port "));
  }
}

TEST_CASE("a node that does not answer takes no time from the others") {
  const Sync sync(observed({}));
  sync.installed(sync.line("egerl", "2.0") + sync.line("eglib", "2.0"));
  FakeNode silent(good("a"));
  sync.host.add("a", silent);
  silent.on_start([](const test::Call&) { return Script{Wait{milliseconds(200'000)}}; });
  const Ran ran = sync.sync({"--timeout", "30"});
  CHECK(ran.exit == 1);
  CHECK(ran.out == "erlrc-sync: (n1) changed\n  egerl: started\n  eglib: started\n");
  CHECK_THAT(ran.err, Catch::StartsWith("erlrc-sync: (a) ") && Catch::Contains("did not answer in time"));
}

TEST_CASE(
    "a node whose host was renamed is served, with a line that names the command that mends the entry") {
  const Dpkg dpkg;
  FakeNode node(good("n1"));
  dpkg.host.add("n1@oldhost", node);
  play(node, observed({{"egerl", "1.0"}}));
  dpkg.installed(dpkg.line("egerl", "1.0"));
  dpkg.unpacking(dpkg.line("egerl", "2.0"));
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1@oldhost) upgraded\n",
            "erlrc-hook: warning: n1@oldhost answers as n1@localhost: register it again under this name, and "
            "`erlrc-node unregister n1@oldhost`\n"});
}

TEST_CASE("erlrc-node tries the entry that it writes") {
  const Host host;
  const std::string file = host.dir().write("secret", cookie, 0400);
  const auto enter = [&](FakeNodeOptions options) {
    FakeNode node(std::move(options));
    play(node, observed({}));
    return host
        .run(node_main, {"register", "--start", "all", "--copy-cookie", file, "--epmd-port",
                         std::to_string(node.epmd_port()), "n1"})
        .out;
  };
  CHECK(enter(good("n1")) == "erlrc-node: (n1) registered\n");
  CHECK(enter(good("n1", Fault::unregistered)) == "erlrc-node: (n1) registered\n");
  FakeNodeOptions foreign = good("n1");
  foreign.sees_our_files = false;
  CHECK(enter(foreign) ==
        "erlrc-node: (n1) registered, but: it belongs to another system: HOST is another file there\n");
  FakeNodeOptions other = good("n1");
  other.cookie = "other";
  CHECK_THAT(enter(other), Catch::Contains("registered, but: port") && Catch::Contains("cookie refused"));
}
