// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <vector>

#include "catch.hpp"
#include "fuzz.hpp"
#include "golden.hpp"
#include "paths.hpp"

using namespace erlrc::test;

namespace {

std::vector<std::filesystem::path> seeds_of(const FuzzTarget& target) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry :
       std::filesystem::directory_iterator(in_source("tests/fuzz/seeds/" + std::string(target.name))))
    all.push_back(entry.path());
  if (!target.seeds.empty())
    std::ranges::copy(golden_files(std::string(target.seeds), std::string(target.ending)),
                      std::back_inserter(all));
  std::erase_if(all, [&](const auto& seed) { return std::filesystem::file_size(seed) > target.largest; });
  return all;
}

}  // namespace

TEST_CASE("what has once been found by fuzzing is read without a fault") {
  for (const FuzzTarget& target : fuzz_targets()) {
    const auto seeds = seeds_of(target);
    CHECK_FALSE(seeds.empty());
    for (const auto& seed : seeds) {
      INFO(target.name << " " << seed);
      CHECK_NOTHROW(target.run(read_file(seed)));
    }
  }
}
