// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/installed_code.hpp>

#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/beam/beam.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/running_code.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/other_root.hpp>
#include <erlrc/sys/process.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view beam_suffix = ".beam";

void expect_time(Deadline until) {
  if (left_until(until) == milliseconds{0}) throw TimedOut();
}

/// The content of a file, without one if there is no such file.
struct Content {
  std::optional<Bytes> bytes;
  bool is_in_archive = false;  ///< a part of its path is a file
};

Content content_of(const std::string& root, const fs::path& file) {
  try {
    return {read_file_in_root(root.empty() ? "/" : root, file)};
  } catch (const SystemError& error) {
    if (error.code == ENOENT) return {};
    if (error.code == ENOTDIR) return {std::nullopt, true};
    throw;
  }
}

std::optional<Bytes> digest_of(const Bytes& bytes, const std::string& file) {
  try {
    return to_bytes(parse_beam(bytes, file).md5);
  } catch (const Error&) {
    return Bytes();  // that of no module
  }
}

std::optional<std::vector<FixedPart>> library_parts(const std::string& root, const fs::path& file) {
  const Content content = content_of(root, file);
  return content.bytes ? fixed_parts(*content.bytes) : std::nullopt;
}

/// The name of the application in this directory, as far as that shows it: p1_xml-1.1.55 is of p1_xml.
std::string app_of(const fs::path& directory) {
  const std::string name = directory.filename();
  return name.substr(0, name.find('-'));
}

/// The library in the version of its application that is in the code path. What was loaded from the version
/// before, whose files are gone, may be the same: a driver that is in use, say.
std::optional<std::vector<FixedPart>> moved_library_parts(const RunningCode& running, const std::string& root,
                                                          const std::string& file) {
  constexpr std::string_view priv = "/priv/";
  const auto at = file.rfind(priv);
  if (at == std::string::npos) return std::nullopt;
  const std::string app = app_of(file.substr(0, at));
  for (const std::string& ebin : running.path) {
    if (!ebin.starts_with('/') || app_of(fs::path(ebin).parent_path()) != app) continue;
    if (auto parts = library_parts(root, priv_of(ebin) / file.substr(at + priv.size()))) return parts;
  }
  return std::nullopt;
}

/// Which file each of the modules is in: the first one in the code path.
std::map<Atom, std::string> search_path(const RunningCode& running, const std::string& root, Deadline until) {
  std::set<Atom> running_modules;
  for (const RunningModule& module : running.modules)
    running_modules.insert(module.name);
  std::map<Atom, std::string> found;
  for (const std::string& directory : running.path) {
    expect_time(until);
    // The node makes them absolute; ours is another working directory than its own.
    const auto status =
        directory.starts_with('/') ? visible_status(root + directory) : std::optional<FileStatus>();
    if (!status || status->kind != FileStatus::Kind::directory) continue;
    for (const std::string& name : directory_names(root + directory).value_or(std::vector<std::string>{})) {
      if (!name.ends_with(beam_suffix)) continue;
      const Atom module{name.substr(0, name.size() - beam_suffix.size())};
      if (running_modules.contains(module)) found.emplace(module, (fs::path(directory) / name).string());
    }
  }
  return found;
}

void load_beams(const RunningCode& running, const std::string& root, Deadline until,
                InstalledCode& installed) {
  std::set<std::string> files;
  for (const RunningModule& module : running.modules) {
    if (module.origin == RunningModule::Origin::file) files.insert(module.file);
    const auto found = installed.found.find(module.name);
    if (found != installed.found.end() && module.origin != RunningModule::Origin::made)
      files.insert(found->second);
  }
  for (const std::string& file : files) {
    expect_time(until);
    const Content content = content_of(root, file);
    if (content.is_in_archive) continue;
    installed.beams[file] = content.bytes ? digest_of(*content.bytes, file) : std::nullopt;
  }
}

void load_libraries(const RunningCode& running, const std::string& root, Deadline until,
                    InstalledCode& installed) {
  for (const RunningLibrary& library : running.libraries) {
    expect_time(until);
    auto own = library_parts(root, library.file);
    installed.files.emplace(library.file,
                            own ? std::move(own) : moved_library_parts(running, root, library.file));
    for (const Atom& module : library.modules) {
      const auto found = installed.found.find(module);
      if (found == installed.found.end() || installed.libraries.contains(module)) continue;
      auto& around = installed.libraries[module];
      const fs::path priv = priv_of(fs::path(found->second).parent_path());
      for (const std::string& name : files_below(root + priv.string()))
        if (name.ends_with(".so"))
          if (auto parts = library_parts(root, priv / name)) around.push_back(*std::move(parts));
    }
  }
}

/// Where the root directory of the node is: in a container or a chroot, it has another disk than ours.
std::string root_of(const NodeEntry& entry) {
  const auto pid = process_of(entry);
  const auto user_counts = [&](uid_t user) { return may_run(entry, user); };
  if (!pid || find_node_process_with_our_root(entry.name.alive, entry.name.host.value_or(""), user_counts))
    return "";
  return "/proc/" + std::to_string(*pid) + "/root";
}

}  // namespace

InstalledCode load_installed_code(const RunningCode& running, const std::string& root, Deadline until) {
  InstalledCode installed;
  installed.found = search_path(running, root, until);
  load_beams(running, root, until, installed);
  load_libraries(running, root, until, installed);
  return installed;
}

std::optional<Comparison> compare_with_disk(const NodeEntry& entry, Deadline until) {
  const auto rpc = connect(entry, until);
  if (!rpc) return std::nullopt;
  const RunningCode running = ask_running_code(*rpc, until);
  return compare(running, load_installed_code(running, root_of(entry), until));
}

}  // namespace erlrc
