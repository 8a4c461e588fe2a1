// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/hook_files.hpp>

#include <algorithm>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/site/dpkg.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

std::string package_part(const std::string& variable) {
  std::string text = environment(variable).value_or("");
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  if (!std::ranges::all_of(text, good) || text.starts_with('.'))
    throw UsageError(variable + ": " + printable(text) + " cannot be part of a package's name");
  return text;
}

std::optional<ControlMember> load_control_member(const fs::path& file) {
  const auto text = read_file_if_exists(file);
  if (!text) return std::nullopt;
  return read_control_member(*text, file.string());
}

void check(const std::error_code& failed, const fs::path& path, const std::string& tried) {
  if (failed) throw SystemError(path.string() + ": " + tried, failed.value());
}

/// Whether what lies there is still that version.
bool has_version(const PackagedApp& app) {
  const std::string file = app.location.in_path + "/" + app.app.name + ".app";
  try {
    return parse_app_spec(read_file(file), file).vsn == app.vsn;
  } catch (const Error&) {
    return false;
  }
}

/// A second name for the file, or, on another file system, a copy.
void put_aside(const fs::path& file, const fs::path& directory) {
  std::error_code failed;
  fs::create_hard_link(file, directory / file.filename(), failed);
  if (!failed) return;
  fs::copy_file(file, directory / file.filename(), failed);
  check(failed, directory / file.filename(), "copy " + file.string());
}

fs::path state_directory() {
  return environment("ERLRC_STATE").value_or("/var/lib/erlrc");
}

}  // namespace

fs::path run_directory() {
  return environment("ERLRC_RUN").value_or("/run/erlrc");
}

void make_run_directory() {
  make_directories(run_directory().parent_path(), 0755);
  make_directory(run_directory(), 0700);
}

CallingPackage calling_package() {
  CallingPackage package{package_part("DPKG_MAINTSCRIPT_PACKAGE"), package_part("DPKG_MAINTSCRIPT_ARCH")};
  if (package.name.empty())
    throw UsageError("DPKG_MAINTSCRIPT_PACKAGE is not set: only dpkg's scripts may call this");
  return package;
}

ControlMember read_control_member(std::string_view text, const std::string& file) {
  ControlMember member = parse_control_member(text, file);
  for (const std::string& name : member.nodes.value_or(std::vector<std::string>{}))
    try {
      parse_node_name(name);
    } catch (const UsageError& error) {
      throw Error(file + ": " + error.what());
    }
  return member;
}

// ---- AdminDir

AdminDir::AdminDir() : path_(environment("DPKG_ADMINDIR").value_or("/var/lib/dpkg")) {}

// Where a package may be installed for several architectures, dpkg puts the architecture into the file's
// name.
std::optional<ControlMember> AdminDir::checked_member(const CallingPackage& package) const {
  const fs::path info = path_ / "info";
  auto found = load_control_member(info / (package.name + ":" + package.arch + ".erlrc"));
  return found ? found : load_control_member(info / (package.name + ".erlrc"));
}

std::optional<ControlMember> AdminDir::member(const CallingPackage& package) const {
  try {
    return checked_member(package);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<ControlMember> AdminDir::unpacking_member() const {
  return load_control_member(path_ / "tmp.ci" / "erlrc");
}

std::optional<PackagedApps> AdminDir::installed(const CallingPackage& package) const {
  return apps_in_step(member(package));
}

std::optional<PackagedApps> AdminDir::unpacking() const {
  return apps_in_step(unpacking_member());
}

PackagedApps AdminDir::found_in_list(const CallingPackage& package) const {
  const fs::path info = path_ / "info";
  auto list = read_file_if_exists(info / (package.name + ":" + package.arch + ".list"));
  if (!list) list = read_file_if_exists(info / (package.name + ".list"));
  PackagedApps apps;
  for (std::size_t at = 0; list && at < list->size();) {
    const std::size_t end = std::min(list->find('\n', at), list->size());
    const fs::path file = list->substr(at, end - at);
    at = end + 1;
    if (file.extension() != ".app" || file.parent_path().filename() != "ebin") continue;
    try {
      const AppSpec spec = parse_app_spec(read_file(file), file.string());
      apps.push_back({spec.name, spec.vsn, file.parent_path().string()});
    } catch (const Error&) {  // nobody has asked us to look into it
      continue;
    }
  }
  return apps;
}

std::vector<std::string> AdminDir::hooked_packages() const {
  constexpr std::string_view suffix = ".erlrc";
  std::vector<std::string> names;
  for (const std::string& name : directory_names(path_ / "info").value_or(std::vector<std::string>{}))
    if (name.ends_with(suffix))
      names.push_back(name.substr(0, std::min(name.find(':'), name.size() - suffix.size())));
  return names;
}

// ---- KeptFiles

KeptFiles::KeptFiles() : directory_(state_directory() / "kept") {}

PackagedApps KeptFiles::load(const std::string& package) const {
  PackagedApps apps = load_control_member(directory_ / package / "erlrc").value_or(ControlMember{}).apps;
  for (PackagedApp& app : apps)
    app.location = Location::backed_up(app.location.in_path, (directory_ / package / app.app.name).string());
  return apps;
}

void KeptFiles::keep(const std::string& package, const PackagedApps& apps) const {
  PackagedApps kept = load(package);
  for (PackagedApp app : apps) {
    const std::string backup = (directory_ / package / app.app.name).string();
    const auto same = std::ranges::find(kept, app.app, &PackagedApp::app);
    if (same != kept.end() && same->vsn == app.vsn) continue;
    if (!has_version(app)) continue;
    remove_tree(backup);
    make_directories(backup, 0755);
    const std::string& ebin = app.location.in_path;
    for (const std::string& name : directory_names(ebin).value_or(std::vector<std::string>{}))
      if (name.ends_with(".beam") || name.ends_with(".app") || name.ends_with(".appup"))
        put_aside(fs::path(ebin) / name, backup);
    app.location = Location::backed_up(ebin, backup);
    if (same != kept.end()) kept.erase(same);
    kept.push_back(std::move(app));
  }
  if (!kept.empty()) write_control(package, kept);
}

void KeptFiles::settle_in(const std::string& package) const {
  PackagedApps apps = load(package);
  for (PackagedApp& app : apps)
    app.location = Location(app.location.read_from);
  if (!apps.empty()) write_control(package, apps);
}

void KeptFiles::write_control(const std::string& package, const PackagedApps& apps) const {
  std::string text;
  for (const PackagedApp& app : apps)
    text += app.app.name + " " + app.vsn + " " + app.location.in_path + "\n";
  write_file_atomically(directory_ / package / "erlrc", text, 0644);
}

void KeptFiles::drop(const std::string& package) const {
  if (file_status(directory_ / package)) remove_tree(directory_ / package);
}

// ---- IncomingFiles

IncomingFiles::IncomingFiles() : directory_(state_directory() / "incoming") {}

std::string IncomingFiles::place(const std::string& package, const std::string& directory) const {
  return (directory_ / package).string() + directory;
}

bool IncomingFiles::extract(const std::string& package, const fs::path& archive) const {
  remove_tree(directory_ / package);
  make_directories(directory_ / package, 0755);
  if (extract_archive(archive, directory_ / package)) return true;
  constexpr std::uintmax_t full = 1U << 20;
  std::error_code failed;
  const fs::space_info space = fs::space(directory_, failed);
  if (!failed && space.available < full)
    throw Error(directory_.string() + ": no space left to unpack " + archive.string());
  return false;
}

bool IncomingFiles::holds(const std::string& path) const {
  return path.starts_with(directory_.string() + "/");
}

void IncomingFiles::drop(const std::string& package) const {
  remove_tree(directory_ / package);
}

void IncomingFiles::drop_all() const {
  if (file_status(directory_)) remove_tree(directory_);
}

// ---- RunFile

RunFile::RunFile(Deadline until) : directory_(run_directory()), file_(directory_ / "run") {
  make_run_directory();
  try {
    lock_ = lock_directory(directory_, until);
  } catch (const TimedOut&) {
    throw Error(directory_.string() + ": another erlrc-hook is at work and does not end");
  }
}

std::optional<RunRecord> RunFile::load() const {
  const auto text = read_file_if_exists(file_);
  if (!text) return std::nullopt;
  return within(file_.string(), [&] { return decode_run_record(*text); });
}

void RunFile::store(const RunRecord& record) const {
  write_file_atomically(file_, encode_run_record(record), 0644);
}

void RunFile::remove() const {
  remove_tree(file_);
}

}  // namespace erlrc
