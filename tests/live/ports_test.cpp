// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "lab.hpp"
#include "libraries.hpp"

// Tests upgrades of applications with linked-in drivers and port programs, which stay while their ports are
// open.

using namespace erlrc;
using namespace erlrc::test;

namespace {

namespace fs = std::filesystem;

/// Puts the driver and the program of that build into a version, as dpkg does.
void add_files(Lab& lab, const std::string& vsn, const std::string& number) {
  const fs::path priv = fs::path(lab.at("zoo", vsn)) / "priv";
  fs::create_directories(priv / "bin");
  make_driver((priv / "zoo_drv.so").string(), number);
  const fs::path added = priv / "bin" / "zoo_port.dpkg-new";
  fs::copy_file("/bin/cat", added);
  std::ofstream(added, std::ios::app) << number;
  fs::rename(added, priv / "bin" / "zoo_port");
}

void set_up(Lab& lab, const std::string& number_of_new) {
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_a"});
    made.modules.push_back({"zoo_ports", "ports"});
    lab.add(made);
  }
  add_files(lab, "1.0.0", "1");
  add_files(lab, "2.0.0", number_of_new);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("ok = zoo_ports:open().");
}

std::string due(const std::string& first_line, const std::string& names = "zoo_drv.so, zoo_port") {
  return first_line +
         "  remark: drivers and port programs of another version or build stay while they are in use, so "
         "that "
         "a restart is due: " +
         names + "\n";
}

const std::string upgraded = "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n";
const std::string already_running = "erlrc-upgrade: Upgrading 'zoo': (NODE) already_running\n";

}  // namespace

TEST_CASE("ports: drivers and programs that differ are named, and a restart is due") {
  Lab lab;
  set_up(lab, "2");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, due(upgraded), ""});
  fs::remove_all(lab.at("zoo", "1.0.0"));
  CHECK(lab.upgrade("zoo", "2.0.0", "2.0.0") == Ran{0, due(already_running), ""});
}

TEST_CASE("ports: a driver of another version is named even if it is the same, and a program is not") {
  Lab lab;
  set_up(lab, "1");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, due(upgraded, "zoo_drv.so"), ""});
  // While it is in use, the driver of the new version cannot be loaded.
  CHECK(lab.ask("erl_ddll:load_driver(code:priv_dir(zoo), \"zoo_drv\").") == "{error,bad_driver_name}");
  fs::remove_all(lab.at("zoo", "1.0.0"));
  CHECK(lab.upgrade("zoo", "2.0.0", "2.0.0") == Ran{0, due(already_running, "zoo_drv.so"), ""});
}

TEST_CASE("ports: a rebuilt version is compared with what runs, and not once its ports are closed") {
  Lab lab;
  set_up(lab, "2");
  add_files(lab, "1.0.0", "3");
  CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") == Ran{0, due(already_running), ""});
  lab.ask("zoo_ports:close().");
  CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") == Ran{0, already_running, ""});
}
