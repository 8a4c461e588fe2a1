// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/staging.hpp>

#include <cstdint>

#include <erlrc/base/error.hpp>
#include <erlrc/site/desired.hpp>
#include <erlrc/sys/file.hpp>

#include "state_directory.hpp"

namespace erlrc {

namespace fs = std::filesystem;

Staging::Staging() : directory_(state_directory() / "staged") {}

bool Staging::unpack(const std::string& package, const fs::path& archive, const PackageFacts& facts) const {
  const fs::path place = directory_of(directory_, package);
  remove_tree(place);
  make_directories(place, readable_by_nodes);
  if (facts.extract(archive, place)) return true;
  constexpr std::uintmax_t full = 1U << 20;
  const auto space = free_space(directory_);
  if (space && *space < full)
    throw Error(directory_.string() + ": no space left to unpack " + archive.string());
  return false;
}

std::set<Atom> Staging::desired(const std::string& package) const {
  return load_desired_applications(directory_of(directory_, package) / "etc/erlrc.d");
}

void Staging::drop(const std::string& package) const {
  const fs::path place = directory_of(directory_, package);
  if (file_status(place)) remove_tree(place);
}

void Staging::drop_all() const {
  if (file_status(directory_)) remove_tree(directory_);
}

}  // namespace erlrc
