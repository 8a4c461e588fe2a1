// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/app_dir.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/parallel.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// The files of an application are some kilobytes. Only a mistake or an attack makes larger ones.
constexpr std::size_t largest_text = std::size_t{16} << 20;

std::size_t largest(const fs::path& file) {
  const std::string name = file.string();
  const auto is = [&](std::string_view extension) {
    return name.ends_with(extension) || name.ends_with(std::string(extension) + ".dpkg-tmp");
  };
  return is(".beam") || is(".so") ? largest_file : largest_text;
}

std::optional<Bytes> read_installed(const fs::path& file) {
  return read_file_if_exists(file, largest(file));
}

/// Notes in `is_private` if a file is not readable by everyone. Called by several threads.
std::optional<Bytes> read_of_node(const fs::path& file, std::atomic<bool>& is_private) {
  constexpr mode_t readable_by_all = 0004;
  try {
    FileContent content = load_file_past_no_foreign_link(file, largest(file));
    if ((content.status.mode & readable_by_all) == 0) is_private = true;
    return std::move(content.bytes);
  } catch (const SystemError& error) {
    if (error.code == ENOENT || error.code == ENOTDIR) return std::nullopt;
    throw;
  }
}

/// dpkg appends this to the name of a file that it has replaced, until the unpacking has succeeded.
constexpr std::string_view replaced_suffix = ".dpkg-tmp";

bool is_replacing(const std::vector<std::string>& files) {
  return std::ranges::any_of(files, [](const std::string& file) { return file.ends_with(replaced_suffix); });
}

/// While dpkg is unpacking, what it has replaced belongs to both versions. Of the rest it cannot be seen to
/// which it belongs.
std::vector<std::string> files_of_both(const fs::path& directory) {
  std::vector<std::string> files = files_below(directory);
  if (!is_replacing(files)) return files;
  std::vector<std::string> both;
  for (const std::string& file : files)
    if (file.ends_with(replaced_suffix)) both.push_back(file.substr(0, file.size() - replaced_suffix.size()));
  return both;
}

const FileSource installed{read_installed, files_of_both};

/// Calls `load` with the source for a directory that was named so.
template <typename Load>
AppFiles load_named_by(NamedBy named_by, const fs::path& ebin, Load load) {
  if (named_by == NamedBy::user) return load(installed);
  std::atomic<bool> is_private = false;
  const auto read = [&](const fs::path& file) { return read_of_node(file, is_private); };
  try {
    return load(FileSource{read, files_of_both});
  } catch (const Error&) {
    if (!is_private) throw;
    throw Error(ebin.string() +
                ": cannot be used; the reason is in files that not everyone may read, so it is " +
                "only shown if the directories are given as arguments");
  }
}

void expect_directory(const fs::path& ebin) {
  const auto status = file_status(ebin);
  if (!status) throw Error(ebin.string() + ": no such directory");
  if (status->kind != FileStatus::Kind::directory) throw Error(ebin.string() + ": is not a directory");
}

/// Names in an .app file become names of files.
bool is_file_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

void expect_file_name(const Atom& module, const std::string& app_file) {
  if (!is_file_name(module.name))
    throw Error(app_file + ": lists module " + printable(module.name) + ", which cannot be a file's name");
}

Beam load_beam(const fs::path& ebin, const Atom& module, const std::string& app_file,
               const FileSource& source) {
  expect_file_name(module, app_file);
  const fs::path file = ebin / (module.name + ".beam");
  const auto bytes = source.read(file);
  if (!bytes) throw Error(file.string() + ": no such file, but " + app_file + " lists the module");
  Beam beam = parse_beam(*bytes, file.string());
  if (beam.module != module)
    throw Error(file.string() + ": holds module " + printable(beam.module.name) + ", not " +
                printable(module.name));
  return beam;
}

using Beams = std::map<Atom, Beam>;

/// Reading so many modules takes longer than starting a thread.
constexpr std::size_t modules_per_thread = 50;

/// Loads `modules`, in several threads if there are many. If several cannot be loaded, the error is that of
/// the first.
Beams load_beams(const fs::path& ebin, const std::vector<Atom>& modules, const std::string& app_file,
                 const FileSource& source) {
  const std::size_t processors = std::thread::hardware_concurrency();
  std::vector<std::optional<Beam>> loaded(modules.size());
  rethrow_first(for_each_parallel(
      modules.size(), [&](std::size_t i) { loaded[i] = load_beam(ebin, modules[i], app_file, source); },
      {std::min(processors, modules.size() / modules_per_thread)}));
  Beams beams;
  for (std::size_t i = 0; i < modules.size(); ++i)
    beams.emplace(modules[i], *std::move(loaded[i]));
  return beams;
}

AppSpec read_spec(const fs::path& ebin, const Atom& app, const FileSource& source) {
  const fs::path file = ebin / (app.name + ".app");
  const auto text = source.read(file);
  if (!text) throw SystemError(file.string() + ": open", ENOENT);
  AppSpec spec = parse_app_spec(*text, file.string());
  if (spec.name != app)
    throw Error(file.string() + ": describes application " + printable(spec.name.name) + ", not " + app.name);
  return spec;
}

fs::path replaced(const fs::path& file) {
  return file.string() + std::string(replaced_suffix);
}

/// A source of the files that were there before the package manager replaced them. A file that it did not
/// replace belongs to the old version only, and stays until the unpacking has succeeded. An .appup is an
/// exception: it may as well belong to the new version only.
FileSource replaced_files(FileSource source) {
  auto read = [read = std::move(source.read)](const fs::path& file) {
    auto bytes = read(replaced(file));
    return bytes || file.extension() == ".appup" ? bytes : read(file);
  };
  return {std::move(read), std::move(source.files_below)};
}

/// Whether the directory has another version now. If the versions of an application share a directory, both
/// exist only while one is unpacked over the other.
bool is_replaced(const fs::path& ebin, const Atom& app, const std::string& vsn, const FileSource& source) {
  return file_status(replaced(ebin / (app.name + ".app"))) && read_spec(ebin, app, source).vsn != vsn;
}

/// The modules of the other applications whose .app files are in the directory.
std::set<Atom> modules_of_others(const fs::path& ebin, const Atom& app, const std::vector<std::string>& names,
                                 const FileSource& source) {
  std::set<Atom> found;
  for (const std::string& name : names) {
    if (!name.ends_with(".app") || name == app.name + ".app") continue;
    try {
      const AppSpec other = read_spec(ebin, Atom{name.substr(0, name.size() - 4)}, source);
      found.insert(other.modules.begin(), other.modules.end());
    } catch (const Error&) {
      continue;  // not our application
    }
  }
  return found;
}

/// Adds the modules that the .app file does not list. A file that is not a module of its name cannot be
/// loaded.
void add_unlisted(AppFiles& files, const fs::path& ebin, const FileSource& source) {
  const std::vector<std::string> names = source.files_below(ebin);
  std::optional<std::set<Atom>> of_others;
  for (const std::string& name : names) {
    if (!name.ends_with(".beam") || name.find('/') != std::string::npos) continue;
    const Atom module{name.substr(0, name.size() - 5)};
    if (files.beams.contains(module)) continue;
    if (!of_others) of_others = modules_of_others(ebin, files.spec.name, names, source);
    if (of_others->contains(module)) continue;
    try {
      files.beams.emplace(module, load_beam(ebin, module, files.spec.name.name + ".app", source));
    } catch (const Error&) {
      continue;
    }
    files.spec.modules.push_back(module);
    files.unlisted.insert(module);
  }
}

std::map<std::string, Md5Digest> load_libraries(const fs::path& priv, const FileSource& source) {
  std::map<std::string, Md5Digest> libraries;
  for (const std::string& name : source.files_below(priv))
    if (name.ends_with(".so"))
      if (const auto bytes = source.read(priv / name)) libraries.emplace(name, md5(*bytes));
  return libraries;
}

bool has_nifs(const AppFiles& files) {
  return std::ranges::any_of(files.beams, [](const auto& beam) { return beam.second.nif; });
}

/// For a file that was there a moment ago.
Bytes expect_file(const fs::path& file, const FileSource& source) {
  auto bytes = source.read(file);
  if (!bytes) throw SystemError(file.string() + ": open", ENOENT);
  return *std::move(bytes);
}

/// Whether a release file names this version of the application.
bool lists(const fs::path& rel, const Atom& app, const std::string& vsn, const FileSource& source) {
  const Term term = parse_term(expect_file(rel, source), rel.string());
  const auto* release = as_tuple(term, 4);
  const auto* apps = release ? as_list(release->back()) : nullptr;
  return apps && std::ranges::any_of(*apps, [&](const Term& each) {
           const auto* entry = as_tuple(each);
           return entry && entry->size() >= 2 && entry->front() == Term(app) && as_string((*entry)[1]) == vsn;
         });
}

bool has_directory(const fs::path& path) {
  const auto status = file_status(path);
  return status && status->kind == FileStatus::Kind::directory;
}

/// The files in directory `dir` whose names end with `extension`, sorted.
std::vector<fs::path> files_with(const fs::path& dir, std::string_view extension) {
  std::vector<fs::path> files;
  for (const std::string& name : directory_names(dir).value_or(std::vector<std::string>{}))
    if (fs::path(name).extension() == extension) files.push_back(dir / name);
  return files;
}

/// The directory of the consolidated protocols if `ebin` is ROOT/lib/APP-VSN/ebin in a release that mix made.
std::optional<fs::path> consolidated_dir(const fs::path& ebin, const Atom& app, const std::string& vsn,
                                         const FileSource& source) {
  const fs::path releases = ebin.parent_path().parent_path().parent_path() / "releases";
  if (!has_directory(releases)) return std::nullopt;
  for (const std::string& release : directory_names(releases).value_or(std::vector<std::string>{})) {
    const fs::path dir = releases / release / "consolidated";
    if (!has_directory(dir)) continue;
    for (const fs::path& rel : files_with(releases / release, ".rel"))
      if (lists(rel, app, vsn, source)) return dir;
  }
  return std::nullopt;
}

std::optional<Consolidated> load_consolidated(const fs::path& ebin, const Atom& app, const std::string& vsn,
                                              const FileSource& source) {
  const auto dir = consolidated_dir(ebin, app, vsn, source);
  if (!dir) return std::nullopt;
  Consolidated found{dir->string(), {}};
  for (const fs::path& file : files_with(*dir, ".beam")) {
    Beam beam = parse_beam(expect_file(file, source), file.string());
    found.beams.emplace(beam.module, std::move(beam));
  }
  return found;
}

}  // namespace

std::optional<std::string> find_ebin(const std::vector<std::string>& path, const Atom& app) {
  if (!is_file_name(app.name)) return std::nullopt;
  for (const std::string& ebin : path)
    if (is_visible_file(fs::path(ebin) / (app.name + ".app"))) return ebin;
  return std::nullopt;
}

AppSpec load_spec(const fs::path& ebin, const Atom& app) {
  return read_spec(ebin, app, installed);
}

AppFiles load_app_spec(const fs::path& ebin, const Atom& app, const std::string& vsn, NamedBy named_by) {
  expect_directory(ebin);
  return load_named_by(named_by, ebin, [&](const FileSource& source) {
    const bool replaced = is_replaced(ebin, app, vsn, source);
    return load_app_spec(ebin, app, vsn, replaced ? replaced_files(source) : source);
  });
}

AppFiles load_app_files(const fs::path& ebin, const Atom& app, const std::string& vsn, NamedBy named_by) {
  expect_directory(ebin);
  return load_named_by(named_by, ebin, [&](const FileSource& source) {
    const bool replaced = is_replaced(ebin, app, vsn, source);
    AppFiles files = load_app_files(ebin, app, vsn, replaced ? replaced_files(source) : source);
    files.in_place = !replaced;
    files.consolidated = load_consolidated(ebin, app, vsn, source);
    return files;
  });
}

AppFiles load_app_spec(const fs::path& ebin, const Atom& app, const std::string& vsn,
                       const FileSource& source) {
  AppFiles files{ebin.string(), read_spec(ebin, app, source), {}, std::nullopt};
  if (files.spec.vsn != vsn)
    throw Error((ebin / (app.name + ".app")).string() + ": describes version " + printable(files.spec.vsn) +
                ", not " + vsn);
  return files;
}

AppFiles load_app_files(const fs::path& ebin, const Atom& app, const std::string& vsn,
                        const FileSource& source) {
  AppFiles files = load_app_spec(ebin, app, vsn, source);
  const std::string app_file = (ebin / (app.name + ".app")).string();
  files.beams = load_beams(ebin, files.spec.modules, app_file, source);
  add_unlisted(files, ebin, source);
  if (has_nifs(files)) files.libraries = load_libraries(priv_of(ebin), source);
  const fs::path appup = ebin / (app.name + ".appup");
  if (const auto text = source.read(appup)) files.appup = parse_appup(*text, appup.string(), vsn);
  return files;
}

std::vector<std::string> files_below(const fs::path& directory) {
  std::vector<std::string> files;
  for (const std::string& name : directory_names(directory).value_or(std::vector<std::string>{})) {
    const auto status = file_status(directory / name);
    if (!status) continue;
    if (status->kind == FileStatus::Kind::file) files.push_back(name);
    if (status->kind != FileStatus::Kind::directory || read_link_if_readable(directory / name)) continue;
    for (const std::string& below : files_below(directory / name))
      files.push_back(name + "/" + below);
  }
  std::ranges::sort(files);
  return files;
}

fs::path priv_of(const fs::path& ebin) {
  return (ebin.filename() == "ebin" ? ebin.parent_path() : ebin) / "priv";
}

}  // namespace erlrc
