// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/archive_files.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace erlrc {
namespace {

/// More links than any sane path has: they lead in a circle.
constexpr int kMostLinks = 20;

/// `path` as an absolute one without dots; tar writes `./usr/lib`.
std::string in_system(const std::filesystem::path& path) {
  return ("/" / path.relative_path()).lexically_normal().string();
}

}  // namespace

bool is_application_file(std::string_view path) {
  return path.ends_with(".beam") || path.ends_with(".app") || path.ends_with(".appup") ||
         (path.ends_with(".so") && path.find("/priv/") != std::string_view::npos) ||
         path.find("etc/erlrc.d/applications/") != std::string_view::npos;
}

void ArchiveFiles::add_file(const std::string& path, Bytes bytes) {
  files_[in_system(path)] = std::move(bytes);
}

void ArchiveFiles::add_symbolic_link(const std::string& path, const std::string& target) {
  const std::string from = in_system(path);
  const std::filesystem::path to(target);
  links_[from] = to.is_absolute() ? in_system(to) : in_system(std::filesystem::path(from).parent_path() / to);
}

void ArchiveFiles::add_hard_link(const std::string& path, const std::string& target) {
  links_[in_system(path)] = in_system(target);
}

/// `path` with its first link followed; nullopt if it has no link.
std::optional<std::string> ArchiveFiles::resolved(const std::string& path) const {
  for (auto end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const auto link = links_.find(path.substr(0, end));
    if (link != links_.end())
      return end == std::string::npos ? link->second : in_system(link->second + path.substr(end));
    if (end == std::string::npos) return std::nullopt;
  }
}

std::optional<Bytes> ArchiveFiles::read(const std::filesystem::path& path) const {
  std::optional<std::string> at = in_system(path);
  for (int i = 0; i < kMostLinks && at; ++i) {
    const auto found = files_.find(*at);
    if (found != files_.end()) return found->second;
    at = resolved(*at);
  }
  return std::nullopt;
}

std::vector<std::string> ArchiveFiles::files_below(const std::filesystem::path& directory) const {
  std::optional<std::string> at = in_system(directory);
  std::vector<std::string> found;
  for (int i = 0; i < kMostLinks && at && found.empty(); ++i) {
    const std::string begin = *at + "/";
    for (auto file = files_.lower_bound(begin); file != files_.end() && file->first.starts_with(begin);
         ++file)
      found.push_back(file->first.substr(begin.size()));
    at = resolved(*at);
  }
  return found;
}

}  // namespace erlrc
