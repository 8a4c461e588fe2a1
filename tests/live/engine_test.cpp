// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests --engine=otp: release_handler executes the script; erlrc handles the configuration and the rollback.

using namespace erlrc;
using namespace erlrc::test;

namespace {

LabRelease zoo(const std::string& vsn, const std::string& appup = {}) {
  LabRelease made = servers("zoo", vsn, {"zoo_a", "zoo_b"}, {});
  made.modules.push_back({"zoo_lib", "plain"});
  made.modules.push_back({vsn == "1.0.0" ? "zoo_gone" : "zoo_new", "plain"});
  made.env = vsn == "1.0.0" ? ", {only_old, 1}, {both, old}" : ", {only_new, 1}, {both, new}";
  made.appup = appup;
  return made;
}

void set_up(Lab& lab, const std::string& appup = {}) {
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0", appup));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask(
      "gen_server:call(zoo_a, vsn), zoo_lib:vsn(), application:set_env(zoo, at_run_time, 1), lab:mark().");
}

const std::vector<std::string> otp{"--engine", "otp"};

}  // namespace

TEST_CASE("--engine=otp: release_handler executes the script, and the configuration survives") {
  Lab lab;
  const std::string appup = GENERATE("",
                                     "{\"2.0.0\", [{\"1.0.0\", [{add_module, zoo_new}, {update, zoo_a, "
                                     "{advanced, []}}, {update, zoo_b, {advanced, []}},"
                                     " {load_module, zoo_lib}, {load_module, zoo_app}, {load_module, "
                                     "zoo_sup}, {delete_module, zoo_gone}]}], []}.");
  set_up(lab, appup);
  std::vector<std::string> options = otp;
  options.push_back("--verbose");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", options);
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("have release_handler evaluate the script of zoo") != std::string::npos);
  CHECK(lab.ask("application:get_env(zoo, at_run_time).") == "{ok,1}");
  lab.ask("application:unset_env(zoo, at_run_time).");
  CHECK(lab.condition("zoo") == "new");
}

TEST_CASE("--engine=otp: changes left by a failed release_handler are rolled back") {
  Lab lab;
  set_up(lab);
  const std::string callback = GENERATE("{code_change, zoo_a}", "{code_change, zoo_b}", "{init, zoo_sup}",
                                        "{version_change, zoo}", "{config_change, zoo}");
  CAPTURE(callback);
  lab.ask("lab:on(" + callback + ", crash).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", otp);
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: "));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("--engine=otp on a node without sasl is refused before anything changes") {
  Lab lab;
  set_up(lab);
  lab.ask(
      "[code:del_path(D) || D <- code:get_path(), string:find(D, \"/sasl-\") =/= nomatch],"
      " [begin code:purge(M), code:delete(M), code:purge(M) end || M <- [release_handler, "
      "release_handler_1]], lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", otp);
  CHECK(ran ==
        Ran{1, "",
            "erlrc-upgrade: NODE: refused: --engine=otp needs release_handler, and this node has no code of "
            "sasl\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}
