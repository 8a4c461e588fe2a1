// SPDX-License-Identifier: BSD-3-Clause
#include "pairs.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>

namespace erlrc::test {
namespace {

namespace fs = std::filesystem;

/// Used to recognize OTP's own applications: only they have the key runtime_dependencies.
bool has_key(const AppSpec& spec, const std::string& key) {
  const auto* application = as_tuple(spec.term, 3);
  const auto* keys = application ? as_list(application->back()) : nullptr;
  return keys && std::ranges::any_of(*keys, [&](const Term& each) {
           const auto* pair = as_tuple(each, 2);
           const Atom* name = pair ? as_atom(pair->front()) : nullptr;
           return name && name->name == key;
         });
}

std::optional<PackagedApp> packaged_app(const fs::path& file, const fs::path& package) {
  try {
    const AppSpec spec = parse_app_spec(read_file(file), file.string());
    return PackagedApp{spec.name.name,
                       spec.vsn,
                       package.filename(),
                       package.parent_path(),
                       file.parent_path().parent_path(),
                       has_key(spec, "runtime_dependencies")};
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::map<std::string, std::string> beams(const PackagedApp& app) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::directory_iterator(app.dir / "ebin"))
    if (entry.path().extension() == ".beam") found[entry.path().filename()] = read_file(entry.path());
  return found;
}

}  // namespace

std::vector<PackagedApp> packaged_apps(const fs::path& suite) {
  std::vector<PackagedApp> found;
  for (const auto& package : fs::directory_iterator(suite)) {
    if (!package.is_directory()) continue;
    for (const auto& entry : fs::recursive_directory_iterator(package)) {
      if (entry.path().extension() != ".app" || entry.path().parent_path().filename() != "ebin") continue;
      if (auto app = packaged_app(entry.path(), package.path())) found.push_back(*std::move(app));
    }
  }
  std::ranges::sort(found, {}, [](const PackagedApp& app) { return std::tie(app.app, app.package); });
  return found;
}

std::vector<Pair> pairs(const std::vector<PackagedApp>& from, const std::vector<PackagedApp>& to) {
  std::vector<Pair> found;
  for (const PackagedApp& old : from) {
    const auto other = std::ranges::find_if(
        to, [&](const PackagedApp& app) { return app.app == old.app && app.package == old.package; });
    if (other != to.end() && (other->vsn != old.vsn || beams(old) != beams(*other)))
      found.push_back({old, *other});
  }
  return found;
}

}  // namespace erlrc::test
