// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <string>

#include <erlrc/beam/beam.hpp>

#include "catch.hpp"
#include "golden.hpp"
#include "paths.hpp"

// Tests what the instructions of a module show about conversions, about the start of an application, and
// about the processes that wait in it.

using namespace erlrc;

namespace {

Beam read(const std::string& release, const std::string& file) {
  const auto path =
      std::filesystem::path(test::in_source("tests/golden")) / "shapes" / release / (file + ".beam");
  return parse_beam(test::read_file(path), file);
}

}  // namespace

TEST_CASE("conversions are the same while code_change and what it calls are, whatever else the module has") {
  const std::string release = GENERATE("otp25", "otp27");
  const auto one = read(release, "converter_1").conversion;
  const auto two = read(release, "converter_2").conversion;
  const auto three = read(release, "converter_3").conversion;
  REQUIRE((one && two && three));
  CHECK(one == two);
  CHECK(two->digest != three->digest);
  CHECK(two->compiler == three->compiler);
}

TEST_CASE("the conversion is known with the compiler that made it") {
  const auto before = read("otp25", "converter_1").conversion;
  const auto after = read("otp27", "converter_1").conversion;
  CHECK(before->compiler.starts_with("8.2"));
  CHECK(after->compiler.starts_with("8.6"));
}

TEST_CASE("the conversion of a module whose vsn the compiler makes is not read") {
  CHECK(!read("otp25", "holder_1").conversion);
}

TEST_CASE("the start of an application is compared with all that it calls in its module") {
  const std::string release = GENERATE("otp25", "otp27");
  const auto one = read(release, "starter_1").start;
  CHECK(compare(one, read(release, "starter_2").start) == CodeComparison::same);
  CHECK(compare(one, read(release, "starter_3").start) == CodeComparison::other);
  CHECK(compare(one, read(release == "otp25" ? "otp27" : "otp25", "starter_1").start) ==
        CodeComparison::unknown);
  CHECK(compare(one, read(release, "holder_1").start) == CodeComparison::unknown);
}

TEST_CASE("the functions of a special process that take some messages, and no system messages, are known") {
  const std::string release = GENERATE("otp25", "otp27");
  CHECK(read(release, "special_1").awaits ==
        std::vector<FunctionName>{{Atom{"await"}, 2}, {Atom{"flush"}, 1}});
  CHECK(read(release, "holder_1").awaits.empty());
}
