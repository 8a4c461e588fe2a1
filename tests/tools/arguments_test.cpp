// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include "host.hpp"

using namespace erlrc;
using namespace erlrc::test;
using Args = std::vector<std::string>;

namespace {

const std::string start_usage = "; usage: erlrc-start [OPTIONS] APP VSN [DIR]\n";

/// A host whose node must never be called.
struct Untouched {
  Untouched() : node(good("n1")) { host.add("n1", node); }
  ~Untouched() { CHECK(node.connections() == 0); }
  Ran run(ToolMain program, Args args) const { return host.run(program, std::move(args)); }
  Host host;
  FakeNode node;
};

}  // namespace

TEST_CASE("wrong arguments are reported in one line with the usage, and exit code 2") {
  const Untouched one;
  const auto [args, message] = GENERATE(table<Args, std::string>({
      {Args{}, "APP is required"},
      {{"egerl"}, "VSN is required"},
      {{"egerl", "1.0", "/dir", "more"}, "the following argument was not expected: more"},
      {{"egerl", "1.0", "--colour"}, "the following argument was not expected: --colour"},
      {{"egerl", "1.0", "--timeout"}, "--timeout: 1 required SECONDS missing"},
  }));
  CHECK(one.run(start_main, args) == Ran{2, "", "erlrc-start: " + message + start_usage});
}

TEST_CASE("each program prints its own usage") {
  const Untouched one;
  const auto [program, line] = GENERATE(table<ToolMain, std::string>({
      {start_main, "erlrc-start: APP is required; usage: erlrc-start [OPTIONS] APP VSN [DIR]\n"},
      {stop_main, "erlrc-stop: APP is required; usage: erlrc-stop [OPTIONS] APP VSN [DIR]\n"},
      {upgrade_main,
       "erlrc-upgrade: APP is required; usage: erlrc-upgrade [OPTIONS] APP OLDVSN NEWVSN [OLDDIR NEWDIR]\n"},
      {downgrade_main,
       "erlrc-downgrade: APP is required; usage: erlrc-downgrade [OPTIONS] APP EARLIERVSN LATERVSN "
       "[EARLIERDIR LATERDIR]\n"},
      {eval_main, "erlrc-eval: NODE is required; usage: erlrc-eval [OPTIONS] NODE EXPRESSION\n"},
      {makeappup_main,
       "erlrc-makeappup: APP is required; usage: erlrc-makeappup [OPTIONS] APP EARLIERVSN LATERVSN "
       "EARLIERDIR "
       "LATERDIR\n"},
      {hook_main,
       "erlrc-hook: dpkg|rpm|restart is required; usage: erlrc-hook [OPTIONS] dpkg SCRIPT [ARGUMENT]... | "
       "rpm begin|end|recover | rpm SCRIPTLET NAME EVR COUNT | restart\n"},
  }));
  CHECK(one.run(program, {}) == Ran{2, "", line});
}

TEST_CASE("an excess argument is reported, and nothing is done") {
  const Untouched one;
  const auto [program, name, args] = GENERATE(table<ToolMain, std::string, Args>({
      {start_main, "start", {"egerl", "1.0", "/dir"}},
      {stop_main, "stop", {"egerl", "1.0", "/dir"}},
      {upgrade_main, "upgrade", {"egerl", "1.0", "1.1", "/old", "/new"}},
      {downgrade_main, "downgrade", {"egerl", "1.0", "1.1", "/old", "/new"}},
      {eval_main, "eval", {"n1", "1"}},
      {makeappup_main, "makeappup", {"egerl", "1.0", "1.1", "/old", "/new"}},
      {make_boot_script_main, "make-boot-script", {"n1", "egerl"}},
  }));
  Args more = args;
  more.emplace_back("more");
  const Ran ran = one.run(program, more);
  CHECK(ran.exit == 2);
  CHECK(ran.out.empty());
  const std::string begin = "erlrc-" + name + ": the following argument was not expected: more; usage: ";
  CHECK(ran.err.substr(0, begin.size()) == begin);
  CHECK(ran.err.find('\n') == ran.err.size() - 1);
}

TEST_CASE("an invalid application name is refused") {
  const Untouched one;
  const auto [name, shown] = GENERATE(table<std::string, std::string>({
      {"Egerl", "'Egerl'"},
      {"", "''"},
      {"1egerl", "'1egerl'"},
      {"../egerl", "'../egerl'"},
      {"eg/erl", "'eg/erl'"},
      {"eg..erl", "'eg..erl'"},
      {"eg erl", "'eg erl'"},
      {"egerl\n", "'egerl\\x0a'"},
      {"eg\xc3\xa9rl", "'eg\\xc3\\xa9rl'"},
      {std::string(256, 'a'), "'" + std::string(60, 'a') + "..'"},
  }));
  for (const ToolMain program : {start_main, stop_main})
    CHECK(one.run(program, {"--", name, "1.0"}).err.substr(12) ==
          std::string(program == start_main ? " " : "") + "application name " + shown +
              ": expected a lower-case letter, then letters, digits, _ or @\n");
  CHECK(one.run(upgrade_main, {"--", name, "1.0", "1.1"}).exit == 2);
}

TEST_CASE("an application name may contain capitals, digits, underscores and at signs") {
  const Host host;
  for (const std::string name : {"a", "eGerl_2", "p1_tls", "a@b"})
    CHECK(host.run(start_main, {name, "1.0"}) == Ran{0, "", ""});
}

TEST_CASE("an invalid version is refused") {
  const Untouched one;
  const auto [vsn, shown] = GENERATE(table<std::string, std::string>({
      {"", "''"},
      {"1/../../etc", "'1/../../etc'"},
      {"1 0", "'1 0'"},
      {"1\n", "'1\\x0a'"},
  }));
  CHECK(one.run(start_main, {"egerl", vsn}) ==
        Ran{2, "",
            "erlrc-start: version " + shown +
                ": expected a text without slashes, spaces and control characters\n"});
}

TEST_CASE("an invalid directory is refused") {
  const Untouched one;
  CHECK(one.run(start_main, {"egerl", "1.0", ""}) ==
        Ran{2, "", "erlrc-start: directory '': expected a path without control characters\n"});
  CHECK(one.run(start_main, {"egerl", "1.0", "/a\nb"}).exit == 2);
  CHECK(one.run(upgrade_main, {"egerl", "1.0", "1.1", "/old"}) ==
        Ran{2, "", "erlrc-upgrade: NEWDIR is missing: give both directories or none\n"});
}

TEST_CASE("an invalid node name is refused") {
  const Untouched one;
  const auto [name, why] = GENERATE(table<std::string, std::string>({
      {"", "'': holds an empty part"},
      {"a/b", "'a/b': holds a slash"},
      {"..", "'..': holds two dots in a row"},
      {"a b", "'a b': holds a character that is not printable ASCII"},
      {"a\nb", "'a\\x0ab': holds a character that is not printable ASCII"},
      {"a@b@c", "'a@b@c': holds a second @"},
      {"@b", "'@b': holds an empty part"},
  }));
  CHECK(one.run(start_main, {"--node", name, "egerl", "1.0"}) ==
        Ran{2, "", "erlrc-start: node name " + why + "\n"});
  CHECK(one.run(eval_main, {"--", name, "1"}) == Ran{2, "", "erlrc-eval: node name " + why + "\n"});
}

TEST_CASE("a time limit is a number of seconds greater than 0") {
  const Untouched one;
  const std::string text = GENERATE("0", "-1", "nan", "inf", "1e99", "abc", "1s", "");
  CHECK(one.run(start_main, {"--timeout=" + text, "egerl", "1.0"}).exit == 2);
  CHECK(one.run(eval_main, {"--timeout=" + text, "n1", "1"}).exit == 2);
}

TEST_CASE("options for processes in old code, and for children, take one of a few words") {
  const Untouched one;
  const auto [option, error] = GENERATE(table<std::string, std::string>({
      {"--purge=murder", "--purge: 'murder': expected refuse, wait, wait=SECONDS, kill or kill=SECONDS"},
      {"--stranded=kill", "--stranded: 'kill': expected unreached, report or refuse"},
      {"--records=some", "--records: 'some': expected refuse or report"},
      {"--children=some", "--children: 'some': expected change or keep"},
      {"--pause=1", "--pause: expected a number of milliseconds from 2 to 3600000, got '1'"},
  }));
  CHECK(one.run(upgrade_main, {option, "egerl", "1.0", "1.1"}) ==
        Ran{2, "", "erlrc-upgrade: " + error + "\n"});
  CHECK(one.run(upgrade_main, {"--purge=wait=soon", "egerl", "1.0", "1.1"}).exit == 2);
}

TEST_CASE("--version and --help do nothing else") {
  const Untouched one;
  for (const ToolMain program :
       {start_main, stop_main, sync_main, upgrade_main, downgrade_main, eval_main, makeappup_main, node_main,
        boot_main, make_boot_script_main, appinfo_main, hook_main}) {
    const Ran version = one.run(program, {"--version"});
    CHECK(version.exit == 0);
    CHECK(version.err.empty());
    CHECK(version.out.starts_with("erlrc-"));
    CHECK(version.out.find(" (erlrc) 1.") != std::string::npos);
    const Ran help = one.run(program, {"--help"});
    CHECK(help.exit == 0);
    CHECK(help.err.empty());
    CHECK(help.out.find("Usage: erlrc-") != std::string::npos);
    const std::string wrong = one.run(program, {"--no-such-option"}).err;
    const auto usage = wrong.find("usage: ");
    REQUIRE(usage != std::string::npos);
    CHECK(help.out.find("\nU" + wrong.substr(usage + 1)) != std::string::npos);
  }
}
