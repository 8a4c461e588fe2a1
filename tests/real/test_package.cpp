// SPDX-License-Identifier: BSD-3-Clause
#include "test_package.hpp"

#include <algorithm>
#include <fstream>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc::test {
namespace {

namespace fs = std::filesystem;

bool is_native(const std::string& content) {
  return content.starts_with(
      "\x7f"
      "ELF");
}

std::vector<fs::path> files(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) found.push_back(entry.path());
  return found;
}

/// What the linker writes into each file that it makes: a digest of everything.
void change_build_id(std::string& content, int build) {
  const std::string note("\x14\0\0\0\x03\0\0\0GNU\0", 12);
  const auto at = content.find(note);
  if (at == std::string::npos) throw Error("a library without a build id");
  content[at + note.size()] = static_cast<char>(content[at + note.size()] ^ build);
}

void replace_all(std::string& text, const std::string& old, const std::string& replacement) {
  for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + replacement.size()))
    text.replace(at, old.size(), replacement);
}

/// The name of the link next to this directory that leads to it.
fs::path other_name(const fs::path& directory) {
  for (const auto& entry : fs::directory_iterator(directory.parent_path()))
    if (entry.is_symlink() && fs::equivalent(entry.path(), directory)) return entry.path().filename();
  return {};
}

}  // namespace

TestPackage::TestPackage(const PackagedApp& packaged, const fs::path& root, const std::string& revision)
    : source_(packaged.dir), source_vsn_(packaged.vsn), app_(packaged) {
  const std::string suffix = revision.empty() ? "" : "." + revision;
  app_.vsn += suffix;
  app_.dir = root / (packaged.dir.filename().string() + suffix);
  const fs::path other = other_name(packaged.dir);
  if (other.empty()) return;
  // /usr/lib/yaws leads to whatever version is installed.
  alias_ = root / (other.string() + (other.string().find('-') == std::string::npos ? "" : suffix));
}

void TestPackage::unpack() const {
  for (const fs::path& file : files(source_)) {
    const fs::path to = app_.dir / file.lexically_relative(source_);
    fs::create_directories(to.parent_path());
    const fs::path added = to.string() + ".dpkg-new";
    std::ofstream(added, std::ios::binary) << adapted(file);
    fs::permissions(added, fs::status(file).permissions());
    fs::rename(added, to);
  }
  if (alias_.empty()) return;
  const fs::path added = alias_.string() + ".dpkg-new";
  fs::create_directory_symlink(app_.dir.filename(), added);
  fs::rename(added, alias_);
}

void TestPackage::remove() const {
  // The version after it may have put its own link there.
  if (!alias_.empty() && fs::read_symlink(alias_) == app_.dir.filename()) fs::remove(alias_);
  fs::remove_all(app_.dir);
}

std::string TestPackage::adapted(const fs::path& file) const {
  std::string content = read_file(file);
  if (is_native(content) && build_ > 0) change_build_id(content, build_);
  if (file.extension() == ".app" || file.extension() == ".appup")
    replace_all(content, '"' + source_vsn_ + '"', '"' + app_.vsn + '"');
  return content;
}

bool has_native_code(const PackagedApp& app) {
  return std::ranges::any_of(files(app.dir), [](const fs::path& file) { return is_native(read_file(file)); });
}

}  // namespace erlrc::test
