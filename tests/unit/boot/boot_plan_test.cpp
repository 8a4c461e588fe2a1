// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/boot/boot_plan.hpp>

#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;

namespace {

DesiredBoot desired_of(const TempDir& root) {
  auto loaded = load_desired_boot(root.path());
  REQUIRE(std::holds_alternative<DesiredBoot>(loaded));
  return std::get<DesiredBoot>(std::move(loaded));
}

}  // namespace

TEST_CASE("an empty file lists an application as temporary, a word chooses another start type") {
  const TempDir root;
  root.write("applications/a", "");
  root.write("applications/b", " \n");
  root.write("applications/c", "permanent\n");
  root.write("applications/d", "transient.\n");
  const DesiredBoot desired = desired_of(root);
  CHECK(desired.problems.empty());
  CHECK(desired.types == std::map<Atom, Atom>{{Atom{"a"}, Atom{"temporary"}},
                                              {Atom{"b"}, Atom{"temporary"}},
                                              {Atom{"c"}, Atom{"permanent"}},
                                              {Atom{"d"}, Atom{"transient"}}});
}

TEST_CASE("a word that is not a start type affects only its application") {
  const TempDir root;
  root.write("applications/a", "sometimes\n");
  root.write("applications/b", "");
  const DesiredBoot desired = desired_of(root);
  CHECK(desired.problems.size() == 1);
  CHECK(desired.types.size() == 1);
}

TEST_CASE("a missing directory of applications is reported to the node that boots") {
  const TempDir root;
  const auto loaded = load_desired_boot(root.path());
  REQUIRE(std::holds_alternative<BootRefusal>(loaded));
  const std::string directory = (root / "applications").string();
  CHECK(print_term(to_term(std::variant<BootPlan, BootRefusal>(std::get<BootRefusal>(loaded)))) ==
        "{error,{app_dir_unreadable,\"" + directory + "\",enoent},<<\"" + directory +
            ": no such directory\">>}");
}
