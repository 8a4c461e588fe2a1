// SPDX-License-Identifier: BSD-3-Clause
// Between libFuzzer and the targets. It starts itself again for some tasks, so the name of the target is not
// an argument.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "fuzz.hpp"

namespace {

const erlrc::test::FuzzTarget* target = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* name = std::getenv("ERLRC_FUZZ_TARGET");
  const auto all = erlrc::test::fuzz_targets();
  const auto found = std::ranges::find(all, name == nullptr ? "" : name, &erlrc::test::FuzzTarget::name);
  if (found == all.end()) {
    for (const auto& one : all)
      std::cout << one.name << " " << one.largest << " " << one.seeds << " " << one.ending << "\n";
    std::exit(name == nullptr ? 0 : 2);
  }
  target = &*found;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
