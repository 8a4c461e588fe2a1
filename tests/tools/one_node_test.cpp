// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "host.hpp"

using namespace erlrc;
using namespace erlrc::test;
using Names = std::vector<std::string>;

namespace {

/// A host with one registered node, n1.
struct OneNode {
  explicit OneNode(Term state, Term end = test::done(), Fault fault = Fault::none) : node(good("n1", fault)) {
    host.add("n1", node);
    play(node, std::move(state), std::move(end));
  }
  Host host;
  FakeNode node;
};

/// The same with N and E in place of the node's port and its epmd's.
Ran with_letters(Ran ran, const FakeNode& node) {
  for (const auto& [port, letter] : {std::pair{node.port(), "N"}, std::pair{node.epmd_port(), "E"}})
    if (const auto at = ran.err.find("port " + std::to_string(port)); at != std::string::npos)
      ran.err.replace(at + 5, std::to_string(port).size(), letter);
  return ran;
}

}  // namespace

TEST_CASE("erlrc-start starts an application that does not run, from the given directory") {
  const OneNode one(observed({}));
  const std::string dir = one.host.add_app("egerl", "1.0");
  CHECK(one.host.run(start_main, {"egerl", "1.0", dir}) ==
        Ran{0, "erlrc-start: Starting 'egerl': (n1) started\n", ""});
  CHECK(steps_run(one.node) == Names{"require_not_running", "back_up_replaced", "add_path", "load_app",
                                     "require_loaded", "load_modules", "start_app"});
  CHECK(run_argument(one.node, "prepare") == boolean(false));
}

TEST_CASE("erlrc-start does nothing if the application runs, and needs no files for that") {
  const OneNode one(observed({{"egerl", "1.0"}}));
  CHECK(one.host.run(start_main, {"egerl", "1.0", "/nowhere"}) ==
        Ran{0, "erlrc-start: Starting 'egerl': (n1) already_running\n", ""});
  CHECK(one.node.calls().size() == 1);
  CHECK(!was_run(one.node));
}

TEST_CASE("erlrc-start fails if another version runs") {
  const OneNode one(observed({{"egerl", "0.9"}}));
  CHECK(one.host.run(start_main, {"egerl", "1.0"}) ==
        Ran{1, "", "erlrc-start: n1: refused: version 0.9 of egerl runs, not 1.0 (use erlrc-upgrade)\n"});
  CHECK(!was_run(one.node));
}

TEST_CASE("the default directory is that of the node's own applications") {
  const Host host;
  FakeNode node(good("n1"));
  host.add("n1", node);
  host.add_app("egerl", "1.0");
  play(node, observed({}, host.dir().path()));
  CHECK(host.run(start_main, {"egerl", "1.0"}).out == "erlrc-start: Starting 'egerl': (n1) started\n");
  CHECK(host.run(start_main, {"egerl", "2.0"}) ==
        Ran{1, "", "erlrc-start: n1: HOST/egerl-2.0/ebin: no such directory\n"});
}

TEST_CASE("a directory may be relative to the current directory") {
  const OneNode one(observed({}));
  const std::string dir = one.host.add_app("egerl", "1.0");
  const std::string relative = std::filesystem::relative(dir).string() + "/";
  CHECK(one.host.run(start_main, {"egerl", "1.0", relative}).exit == 0);
  const Term steps = run_argument(one.node, "steps");
  CHECK(as_list(steps)->at(2) == tuple(Atom{"paths"}, tuple(Atom{"add_path"}, string(dir + "/ebin"))));
}

TEST_CASE("erlrc-stop stops and unloads") {
  const OneNode one(observed({{"egerl", "1.0"}}));
  const std::string dir = one.host.add_app("egerl", "1.0");
  CHECK(one.host.run(stop_main, {"egerl", "1.0", dir}) ==
        Ran{0, "erlrc-stop: Stopping 'egerl': (n1) unloaded\n", ""});
  CHECK(steps_run(one.node) ==
        Names{"require_loaded", "stop_app", "remove_path", "unload_modules", "unload_app"});
}

TEST_CASE("erlrc-stop --no-unload only stops") {
  const OneNode one(observed({{"egerl", "1.0"}}));
  CHECK(one.host.run(stop_main, {"--no-unload", "egerl", "1.0"}) ==
        Ran{0, "erlrc-stop: Stopping 'egerl': (n1) stopped\n", ""});
  CHECK(steps_run(one.node) == Names{"require_loaded", "stop_app"});
}

TEST_CASE("erlrc-stop does nothing if the application does not run") {
  const OneNode one(observed({}));
  CHECK(one.host.run(stop_main, {"--no-unload", "egerl", "1.0"}).out ==
        "erlrc-stop: Stopping 'egerl': (n1) not_running\n");
  CHECK(one.host.run(stop_main, {"egerl", "1.0"}).out == "erlrc-stop: Stopping 'egerl': (n1) unloaded\n");
  CHECK(!was_run(one.node));
}

TEST_CASE("erlrc-upgrade upgrades from the old version to the new one") {
  const OneNode one(observed({{"egerl", "1.0"}}));
  const std::string old_dir = one.host.add_app("egerl", "1.0");
  const std::string new_dir = one.host.add_app("egerl", "2.0");
  CHECK(one.host.run(upgrade_main, {"egerl", "1.0", "2.0", old_dir, new_dir}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n", ""});
  const Term steps = run_argument(one.node, "steps");
  CHECK(as_list(steps)->front() ==
        tuple(Atom{"apps"}, tuple(Atom{"require_loaded"}, Atom{"egerl"}, string("1.0"))));
}

TEST_CASE("erlrc-downgrade downgrades from the later version to the earlier one, which comes first") {
  const OneNode one(observed({{"egerl", "2.0"}}));
  const std::string earlier = one.host.add_app("egerl", "1.0");
  const std::string later = one.host.add_app("egerl", "2.0");
  CHECK(one.host.run(downgrade_main, {"egerl", "1.0", "2.0", earlier, later}) ==
        Ran{0, "erlrc-downgrade: Downgrading 'egerl': (n1) downgraded\n", ""});
  const Term steps = run_argument(one.node, "steps");
  CHECK(as_list(steps)->front() ==
        tuple(Atom{"apps"}, tuple(Atom{"require_loaded"}, Atom{"egerl"}, string("2.0"))));
}

TEST_CASE("an upgrade that was done before succeeds") {
  const OneNode one(observed({{"egerl", "2.0"}}));
  CHECK(one.host.run(upgrade_main, {"egerl", "1.0", "2.0", "/nowhere", "/nowhere"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) already_running\n", ""});
}

TEST_CASE("the outcome is rolled_back if the node was restored, and broken if not") {
  const auto [end, ran] = GENERATE(table<Term, Ran>({
      {failed("code_change crashed"), {1, "", "erlrc-upgrade: n1: rolled_back: code_change crashed\n"}},
      {failed("another version runs", false), {1, "", "erlrc-upgrade: n1: refused: another version runs\n"}},
      {failed("code_change crashed", true, {"<0.1.2> is suspended"}),
       {3, "", "erlrc-upgrade: n1: broken: code_change crashed\n  left: <0.1.2> is suspended\n"}},
  }));
  const OneNode one(observed({{"egerl", "1.0"}}), end);
  const std::string old_dir = one.host.add_app("egerl", "1.0");
  const std::string new_dir = one.host.add_app("egerl", "2.0");
  CHECK(one.host.run(upgrade_main, {"egerl", "1.0", "2.0", old_dir, new_dir}) == ran);
}

TEST_CASE("a node that is lost in the middle of a plan is broken") {
  OneNode one(observed({}));
  const std::string dir = one.host.add_app("egerl", "1.0");
  one.node.on_start([calls = 0](const test::Call&) mutable {
    // The first call asks whether the application runs, the second for the rest; the third runs the plan.
    return calls++ < 2 ? Script{Say{observed({})}, Exit{}} : Script{CloseConnection{}};
  });
  const Ran ran = one.host.run(start_main, {"egerl", "1.0", dir});
  CHECK(ran == Ran{3, "",
                   "erlrc-start: n1: broken: erlrc_runner: the node closed the connection\n"
                   "  left: whether the change was done is not known\n"});
}

TEST_CASE("a node that is not running is not an error") {
  const Fault fault = GENERATE(Fault::epmd_absent, Fault::unregistered);
  const OneNode one(observed({}), test::done(), fault);
  CHECK(one.host.run(start_main, {"egerl", "1.0"}) ==
        Ran{0, "erlrc-start: Starting 'egerl': (n1) node_down\n", ""});
  CHECK(one.host.run(stop_main, {"egerl", "1.0"}) ==
        Ran{0, "erlrc-stop: Stopping 'egerl': (n1) node_down\n", ""});
  CHECK(one.host.run(upgrade_main, {"egerl", "1.0", "1.1"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) node_down\n", ""});
  CHECK(one.host.run(downgrade_main, {"egerl", "1.0", "1.1"}) ==
        Ran{0, "erlrc-downgrade: Downgrading 'egerl': (n1) node_down\n", ""});
}

TEST_CASE("a node that cannot be observed is an error, never node_down") {
  const auto [fault, why] = GENERATE(table<Fault, std::string>({
      {Fault::epmd_garbage,
       "epmd at port E: answers 'HTTP/1.1 400 Bad Request\\x0d\\x0a\\x0d\\x0a', which is not an answer of "
       "epmd"},
      {Fault::port_closed, "port N: registered in epmd on this port, but nothing is listening"},
      {Fault::garbage,
       "port N: answers 'HTTP/1.1 400 Bad Request\\x0d\\x0a\\x0d\\x0a', which is not what a node sends in a "
       "handshake"},
      {Fault::closes_at_once,
       "port N: closes the connection at our first message: not an Erlang node, a node that speaks TLS, or "
       "one "
       "older than OTP 23"},
      {Fault::registered_before_otp_23, "port N: the node is older than OTP 23"},
      {Fault::old_challenge, "port N: the node is older than OTP 23"},
      {Fault::wrong_proof, "port N: the node does not know the cookie itself: it is an impostor, or broken"},
      {Fault::garbage_after_login, "erlrc_running: announces a packet of 1213486160 bytes"},
  }));
  const OneNode one(observed({}), test::done(), fault);
  CHECK(with_letters(one.host.run(start_main, {"egerl", "1.0"}), one.node) ==
        Ran{1, "", "erlrc-start: n1: " + why + "\n"});
}

TEST_CASE("a wrong cookie is reported and not printed") {
  const Host host;
  FakeNode node({"n1@localhost", "another", Fault::none});
  host.add("n1", node);
  CHECK(with_letters(host.run(start_main, {"egerl", "1.0"}), node) ==
        Ran{1, "", "erlrc-start: n1: port N: cookie refused\n"});
  CHECK(node.calls().empty());
}

TEST_CASE("a call of a node that does not answer fails at the time limit") {
  const Fault fault = GENERATE(Fault::epmd_silent, Fault::silent, Fault::ticks_only);
  const OneNode one(observed({}), test::done(), fault);
  const auto begin = std::chrono::steady_clock::now();
  const Ran ran = one.host.run(start_main, {"--timeout", "0.3", "egerl", "1.0"});
  CAPTURE(ran.err);
  CHECK(ran.exit == 1);
  CHECK(ran.err.ends_with(": did not answer in time\n"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(40));
}

TEST_CASE("a dry run prints the plan and runs nothing") {
  const OneNode one(observed({{"egerl", "1.0"}}));
  const Ran ran = one.host.run(stop_main, {"--dry-run", "--no-unload", "egerl", "1.0"});
  CHECK(ran.exit == 0);
  CHECK(ran.out.starts_with("erlrc-stop: Stopping 'egerl': (n1) stopped (dry run)\n  1. "));
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 3);
  CHECK(!was_run(one.node));
}

TEST_CASE("verbose prints the steps with their times") {
  const OneNode one(observed({{"egerl", "1.0"}}));
  const Ran ran = one.host.run(stop_main, {"--verbose", "--no-unload", "egerl", "1.0"});
  CHECK(ran.out.find("\n  0.012 ms  ") != std::string::npos);
  CHECK(ran.out.find("\n  3.456 ms  ") != std::string::npos);
  CHECK(ran.out.find("\n  0.789 ms  in all") != std::string::npos);
}

TEST_CASE("--json prints the same in a record") {
  const OneNode one(observed({{"egerl", "1.0"}}));
  const Ran ran = one.host.run(stop_main, {"--json", "--no-unload", "egerl", "1.0"});
  const auto record = nlohmann::json::parse(ran.out);
  CHECK(record["tool"] == "erlrc-stop");
  CHECK(record["from"] == "1.0");
  CHECK(record["to"].is_null());
  CHECK(record["dry_run"] == false);
  CHECK(record["exit"] == 0);
  const auto& node = record["nodes"].at(0);
  CHECK(node["word"] == "stopped");
  CHECK(node["suspended_us"] == 789);
  CHECK(node["steps"].size() == 2);
  CHECK(node["steps"][1]["step"] == "stop_app");
  CHECK(node["steps"][1]["us"] == 3456);
}

TEST_CASE("--json prints failures in the record, not on standard error") {
  const OneNode one(observed({{"egerl", "0.9"}}));
  const Ran ran = one.host.run(start_main, {"--json", "egerl", "1.0"});
  CHECK(ran.exit == 1);
  CHECK(ran.err.empty());
  CHECK(nlohmann::json::parse(ran.out)["nodes"][0]["outcome"] == "refused");
}

TEST_CASE("a node that does not see the files of the request belongs to another system, and is left alone") {
  const Host host;
  FakeNodeOptions options = good("n1");
  options.sees_our_files = false;
  FakeNode node(options);
  host.add("n1", node);
  const std::string old_dir = host.add_app("egerl", "1.0"), new_dir = host.add_app("egerl", "2.0");
  const std::string skipped = "(n1) other_system\n  remark: HOST/egerl-";
  SECTION("where it would be changed") {
    play(node, observed({{"egerl", "1.0"}}));
    CHECK(host.run(upgrade_main, {"egerl", "1.0", "2.0", old_dir, new_dir}) ==
          Ran{0, "erlrc-upgrade: Upgrading 'egerl': " + skipped + "1.0/ebin is another file there\n", ""});
    CHECK(host.run(stop_main, {"egerl", "1.0", old_dir}) ==
          Ran{0, "erlrc-stop: Stopping 'egerl': " + skipped + "1.0/ebin is another file there\n", ""});
    CHECK(host.run(upgrade_main, {"--rehearse", "egerl", "1.0", "2.0", old_dir, new_dir}).exit == 0);
  }
  SECTION("where it would refuse") {
    play(node, observed({{"egerl", "0.9"}}));
    CHECK(host.run(start_main, {"egerl", "2.0", new_dir}) ==
          Ran{0, "erlrc-start: Starting 'egerl': " + skipped + "2.0/ebin is another file there\n", ""});
  }
  SECTION("where it would be waited for") {
    Term state = observed({{"egerl", "1.0"}});
    std::get<Map>(state.value).pairs.emplace_back(Atom{"booting"}, Atom{"true"});
    play(node, state);
    CHECK(host.run(upgrade_main, {"egerl", "1.0", "2.0", old_dir, new_dir}).exit == 0);
  }
  CHECK(!was_run(node));
}

TEST_CASE("a node that sees the old files but not the new ones is of this system, and refuses") {
  const Host host;
  const std::string old_dir = host.add_app("egerl", "1.0"), new_dir = host.add_app("egerl", "2.0");
  FakeNodeOptions options = good("n1");
  options.hidden = new_dir + "/ebin";
  FakeNode node(options);
  host.add("n1", node);
  play(node, observed({{"egerl", "1.0"}}));
  CHECK(host.run(upgrade_main, {"egerl", "1.0", "2.0", old_dir, new_dir}) ==
        Ran{1, "", "erlrc-upgrade: n1: refused: the node does not see HOST/egerl-2.0/ebin\n"});
  CHECK(!was_run(node));
}

TEST_CASE("a node answers which files it sees with all else, and again for directories that it names") {
  const Host host;
  FakeNode node(good("n1"));
  host.add("n1", node);
  const std::string old_dir = host.add_app("egerl", "1.0"), new_dir = host.add_app("egerl", "2.0");
  Term state = observed({{"egerl", "1.0"}}, host.dir().path());
  std::get<Map>(state.value).pairs.emplace_back(Atom{"files"}, list({Atom{"enoent"}, Atom{"enoent"}}));
  play(node, state);
  CHECK(host.run(upgrade_main, {"egerl", "1.0", "2.0", old_dir, new_dir}).out.find("(n1) other_system") !=
        std::string::npos);
  CHECK(!was_run(node));
  CHECK(host.run(upgrade_main, {"egerl", "1.0", "2.0"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n", ""});
}
