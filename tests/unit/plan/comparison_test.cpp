// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/comparison.hpp>

#include "catch.hpp"

using namespace erlrc;
using Kind = Difference::Kind;

namespace {

constexpr auto from_file = RunningModule::Origin::file;

const std::vector<FixedPart> one{{0, 8, "one"}}, two{{0, 8, "two"}};

/// One module `a` of version 1, as it is installed.
RunningCode running(const Bytes& md5 = "a1") {
  return {{"/a-1/ebin"}, {{{"a"}, from_file, "/a-1/ebin/a.beam", md5}}, {}};
}

InstalledCode installed(const Bytes& md5 = "a1") {
  return {{{{"a"}, "/a-1/ebin/a.beam"}}, {{"/a-1/ebin/a.beam", md5}}, {}, {}};
}

/// The same with a library.
RunningCode with_library(const std::vector<FixedPart>& parts, bool replaced = false) {
  RunningCode code = running();
  code.libraries.push_back({"/a-1/priv/a.so", {{"a"}}, replaced, parts});
  return code;
}

using Differences = std::vector<Difference>;

}  // namespace

TEST_CASE("a node is in sync if its modules are those of their files") {
  CHECK(compare(running(), installed()) == Comparison{1, 0, {}});
}

TEST_CASE("a module differs from the first file of its name in the code path, or from its own") {
  CHECK(compare(running("old"), installed()).differences ==
        Differences{{Kind::other_code, "a", "/a-1/ebin/a.beam"}});
  InstalledCode moved = installed();
  moved.found = {{{"a"}, "/a-2/ebin/a.beam"}};
  moved.beams = {{"/a-2/ebin/a.beam", "a1"}, {"/a-1/ebin/a.beam", std::nullopt}};
  CHECK(compare(running(), moved).differences.empty());
  moved.beams["/a-2/ebin/a.beam"] = "a2";
  CHECK(compare(running(), moved).differences == Differences{{Kind::other_code, "a", "/a-2/ebin/a.beam"}});
  moved.beams["/a-1/ebin/a.beam"] = "a1";
  CHECK(compare(running(), moved).differences == Differences{{Kind::shadowed, "a", "/a-2/ebin/a.beam"}});
  moved.found.clear();
  CHECK(compare(running(), moved).differences.empty());
  moved.beams["/a-1/ebin/a.beam"] = std::nullopt;
  CHECK(compare(running(), moved).differences == Differences{{Kind::no_file, "a", "/a-1/ebin/a.beam"}});
}

TEST_CASE("modules that were made while the node ran, or lie in archives, are not compared") {
  RunningCode code = running();
  code.modules.front().origin = RunningModule::Origin::made;
  CHECK(compare(code, installed("other")) == Comparison{0, 0, {}});
  InstalledCode archive = installed();
  archive.beams.clear();
  CHECK(compare(running(), archive) == Comparison{0, 0, {}});
}

TEST_CASE("code for cover, and code that was replaced and still runs, differ") {
  RunningCode code = running();
  code.modules.front() = {{"a"}, RunningModule::Origin::cover_compiled, "", "c", true};
  CHECK(compare(code, installed()).differences ==
        Differences{{Kind::cover_compiled, "a", "/a-1/ebin/a.beam"}, {Kind::old_code, "a", ""}});
}

TEST_CASE("a module has to have its functions from a library around its file") {
  InstalledCode disk = installed();
  disk.libraries = {{{"a"}, {two, one}}};
  disk.files = {{"/a-1/priv/a.so", one}, {"/a-1/priv/../priv/a.so", two}};
  CHECK(compare(with_library(one), disk) == Comparison{1, 1, {}});
  disk.files["/a-1/priv/a.so"] = one;
  disk.libraries = {{{"a"}, {two}}};
  CHECK(compare(with_library(one), disk).differences ==
        Differences{{Kind::other_library, "a", "/a-1/priv/a.so"}});
  // An earlier one stays for its resources.
  RunningCode both = with_library(one, true);
  both.libraries.push_back({"/a-1/priv/../priv/a.so", {{"a"}}, false, two});
  CHECK(compare(both, disk) == Comparison{1, 2, {}});
  // That of a module that is gone.
  RunningCode gone = with_library(one);
  gone.modules.clear();
  CHECK(compare(gone, disk).differences.empty());
}

TEST_CASE("a library may be in memory by the name of another version, which is gone") {
  InstalledCode disk = installed();
  disk.libraries = {{{"a"}, {one}}};
  disk.files = {{"/a-1/priv/a.so", std::nullopt}};
  CHECK(compare(with_library(one), disk) == Comparison{1, 1, {}});
}

TEST_CASE("a library that was replaced is not the one in use, though its file is back") {
  InstalledCode disk = installed();
  disk.libraries = {{{"a"}, {one}}};
  disk.files = {{"/a-1/priv/a.so", one}, {"/a-2/priv/a.so", two}};
  RunningCode both = with_library(one, true);
  both.libraries.push_back({"/a-2/priv/a.so", {{"a"}}, false, two});
  CHECK(compare(both, disk).differences == Differences{{Kind::other_library, "a", "/a-2/priv/a.so"}});
}

TEST_CASE("a library that is not around the module's file is compared with its own") {
  InstalledCode disk = installed();
  disk.files = {{"/a-1/priv/a.so", one}};
  CHECK(compare(with_library(one), disk).differences.empty());
  CHECK(compare(with_library(two), disk).differences.size() == 1);
}

TEST_CASE("other libraries are compared with the files that they were loaded from") {
  RunningCode code = running();
  code.libraries = {{"/usr/lib/libz.so", {}, false, one},
                    {"/usr/lib/unreadable.so", {}, false, std::nullopt}};
  InstalledCode disk = installed();
  disk.files = {{"/usr/lib/libz.so", one}, {"/usr/lib/unreadable.so", two}};
  CHECK(compare(code, disk) == Comparison{1, 1, {}});
  disk.files["/usr/lib/libz.so"] = two;
  CHECK(compare(code, disk).differences == Differences{{Kind::replaced_library, "/usr/lib/libz.so", ""}});
  disk.files["/usr/lib/libz.so"] = std::nullopt;
  CHECK(compare(code, disk).differences.size() == 1);
}
