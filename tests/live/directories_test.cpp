// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "outcomes.hpp"
#include "zoo.hpp"

// Tests where the programs look for the files of a version, and what comes of those that are missing.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A node of another release runs with a /usr of its own (scripts/with-otp).
bool sees_our(Lab& lab, const std::string& directory) {
  const std::string inode =
      lab.ask("{ok, Info} = file:read_file_info(\"" + directory + "\"), element(12, Info).");
  return inode == std::to_string(file_identity(directory).value().inode);
}

/// The remark about a directory that is another one for the node.
Ran foreign(Ran ran, const std::string& directory) {
  ran.out += "  remark: " + directory + " is another file there\n";
  return ran;
}

}  // namespace

TEST_CASE("start: a path that is not a directory is refused") {
  Lab lab;
  lab.ask("lab:mark().");
  CHECK(lab.start("zoo", "1.0.0") == failed("erlrc-start: NODE: LAB/zoo-1.0.0/ebin: no such directory"));
  lab.dir().write("zoo-2.0.0/ebin", "a file");
  CHECK(lab.start("zoo", "2.0.0") == failed("erlrc-start: NODE: LAB/zoo-2.0.0/ebin: is not a directory"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: the default directory is the node's library") {
  Lab lab;
  lab.ask("lab:mark().");
  std::string lib = lab.ask("code:lib_dir().");
  lib = lib.substr(1, lib.size() - 2);
  if (sees_our(lab, lib)) {
    CHECK(lab.run(start_main, {"zoo", "1.0.0"}) ==
          failed("erlrc-start: NODE: " + lib + "/zoo-1.0.0/ebin: no such directory"));
  } else {
    CHECK(lab.run(start_main, {"zoo", "1.0.0"}) == foreign(started("'zoo': (NODE) other_system"), lib));
  }
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: a .app file of another version is refused") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.ask("lab:mark().");
  CHECK(lab.run(start_main, {"zoo", "1.5.0", lab.at("zoo", "1.0.0")}) ==
        failed("erlrc-start: NODE: LAB/zoo-1.0.0/ebin/zoo.app: describes version '1.0.0', not 1.5.0"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("upgrade: a missing directory of the new version is an error") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        failed("erlrc-upgrade: NODE: LAB/zoo-2.0.0/ebin: no such directory"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("upgrade: the default directories are in the node's library") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  std::string lib = lab.ask("code:lib_dir().");
  lib = lib.substr(1, lib.size() - 2);
  const Ran ran = lab.run(upgrade_main, {"zoo", "1.0.0", "2.0.0"});
  if (!sees_our(lab, lib)) {
    CHECK(ran == foreign(upgraded("'zoo': (NODE) other_system"), lib));
    return;
  }
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("zoo 1.0.0 runs, but its directory " + lib + "/zoo-1.0.0/ebin does not exist") !=
        std::string::npos);
}

TEST_CASE("stop: an application is stopped even if its files are missing") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  std::filesystem::remove_all(lab.at("zoo", "1.0.0"));
  CHECK(lab.stop("zoo", "1.0.0").exit == 0);
  CHECK(lab.ask("lists:keymember(zoo, 1, application:loaded_applications()).") == "false");
}
