// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/boot/boot_plan.hpp>

#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <erlrc/app/app_override.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/site/desired.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// `enoent`, as in file(3erl).
Atom posix_atom(int error) {
  const char* name = ::strerrorname_np(error);
  return Atom{lower_case(name != nullptr ? name : "unknown")};
}

/// The start type in an application's file, which may be empty.
std::variant<Atom, BootProblem> start_type(const Atom& app, const fs::path& file) {
  try {
    const std::string text = read_file(file);
    std::string word(trim(text));
    if (word.empty()) return Atom{"temporary"};
    word.erase(word.find_last_not_of(" \t\r\n.") + 1);
    for (const char* type : {"permanent", "transient", "temporary"})
      if (word == type) return Atom{type};
    return BootProblem(BadStartType{app, file.string(), word});
  } catch (const Error& error) {
    return BootProblem(AppFileBroken{app, file.string(), error.what()});
  }
}

DesiredBoot load_desired(const std::map<Atom, fs::path>& files) {
  DesiredBoot desired;
  for (const auto& [app, file] : files) {
    auto type = start_type(app, file);
    if (auto* problem = std::get_if<BootProblem>(&type))
      desired.problems.push_back(std::move(*problem));
    else
      desired.types[app] = std::get<Atom>(type);
  }
  return desired;
}

std::vector<std::string> code_path(const Term& request) {
  const Term* path = lookup(request, "path");
  const auto* directories = path != nullptr ? as_list(*path) : nullptr;
  if (directories == nullptr) throw ProtocolError("the request of the node has no usable path");
  std::vector<std::string> made;
  for (const Term& directory : *directories)
    if (auto text = as_text(directory)) made.push_back(*std::move(text));
  return made;
}

/// The applications on the code path of the node, else those that packages declare. Planning asks for one
/// more than once.
class AppSource {
public:
  AppSource(const Term& request, fs::path overrides, const DeclaredDirectories& declared)
      : path_(code_path(request)), overrides_(std::move(overrides)), declared_(declared) {
    const Term* mode = lookup(request, "mode");
    embedded_ = mode != nullptr && is_atom(*mode, "embedded");
  }

  std::variant<AppFiles, BootProblem> find(const Atom& app) {
    const auto known = found_.find(app);
    return known != found_.end() ? known->second : found_.emplace(app, load(app)).first->second;
  }

private:
  std::variant<AppFiles, BootProblem> load(const Atom& app) const {
    auto ebin = find_ebin(path_, app);
    if (const auto found = declared_.find(app); !ebin && found != declared_.end()) ebin = found->second;
    if (!ebin) return BootProblem(AppFileMissing{app});
    fs::path file = fs::path(*ebin) / (app.name + ".app");
    try {
      AppFiles files{*ebin, load_spec(*ebin, app), {}, std::nullopt};
      if (embedded_) files = load_app_files(*ebin, app, files.spec.vsn);
      file = overrides_ / (app.name + ".app");
      if (const auto changes = read_file_if_exists(file))
        files.spec = overridden(files.spec, *changes, file.string());
      return files;
    } catch (const Error& error) {
      return BootProblem(AppFileBroken{app, file.string(), error.what()});
    }
  }

  std::vector<std::string> path_;
  fs::path overrides_;
  const DeclaredDirectories& declared_;
  bool embedded_ = false;
  std::map<Atom, std::variant<AppFiles, BootProblem>> found_;
};

}  // namespace

std::variant<DesiredBoot, BootRefusal> load_desired_boot(const fs::path& root) {
  const fs::path directory = root / "applications";
  const auto unreadable = [&](int error, const std::string& text) {
    return BootRefusal{tuple(Atom{"app_dir_unreadable"}, string(directory.string()), posix_atom(error)),
                       text};
  };
  if (!file_status(directory)) return unreadable(ENOENT, directory.string() + ": no such directory");
  try {
    return load_desired(desired_files(root));
  } catch (const SystemError& error) {
    return unreadable(error.code, error.what());
  }
}

BootPlan plan_boot(const Term& request, const fs::path& root, const DeclaredDirectories& declared,
                   const DesiredBoot& desired) {
  AppSource source(request, root / "applications", declared);
  return plan_boot(desired, read_node_state(request), [&](const Atom& app) { return source.find(app); });
}

std::variant<BootPlan, BootRefusal> plan_boot(const Term& request, const fs::path& root,
                                              const DeclaredDirectories& declared) {
  auto desired = load_desired_boot(root);
  if (auto* refusal = std::get_if<BootRefusal>(&desired)) return std::move(*refusal);
  return plan_boot(request, root, declared, std::get<DesiredBoot>(desired));
}

Term to_term(const std::variant<BootPlan, BootRefusal>& answer) {
  return std::visit(Overload{[](const BootPlan& plan) { return tuple(Atom{"plan"}, to_term(plan)); },
                             [](const BootRefusal& refusal) {
                               return tuple(Atom{"error"}, refusal.reason, binary(refusal.text));
                             }},
                    answer);
}

}  // namespace erlrc
