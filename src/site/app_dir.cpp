// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/app_dir.hpp>

#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

void expect_directory(const fs::path& ebin) {
  const auto status = file_status(ebin);
  if (!status) throw Error(ebin.string() + ": no such directory");
  if (status->kind != FileStatus::Kind::directory) throw Error(ebin.string() + ": is not a directory");
}

/// Names in an .app file become names of files.
void expect_file_name(const Atom& module, const std::string& app_file) {
  if (module.name.empty() || module.name.find('/') != std::string::npos ||
      module.name.find('\0') != std::string::npos)
    throw Error(app_file + ": lists module " + printable(module.name) + ", which cannot be a file's name");
}

Beam load_beam(const fs::path& ebin, const Atom& module, const std::string& app_file) {
  expect_file_name(module, app_file);
  const fs::path file = ebin / (module.name + ".beam");
  const auto bytes = read_file_if_exists(file);
  if (!bytes) throw Error(file.string() + ": no such file, but " + app_file + " lists the module");
  Beam beam = parse_beam(*bytes, file.string());
  if (beam.module != module)
    throw Error(file.string() + ": holds module " + printable(beam.module.name) + ", not " +
                printable(module.name));
  return beam;
}

}  // namespace

AppFiles load_app_spec(const fs::path& ebin, const Atom& app, const std::string& vsn) {
  expect_directory(ebin);
  const fs::path file = ebin / (app.name + ".app");
  AppFiles files{ebin.string(), parse_app_spec(read_file(file), file.string()), {}, std::nullopt};
  if (files.spec.name != app)
    throw Error(file.string() + ": describes application " + printable(files.spec.name.name) + ", not " +
                app.name);
  if (files.spec.vsn != vsn)
    throw Error(file.string() + ": describes version " + printable(files.spec.vsn) + ", not " + vsn);
  return files;
}

AppFiles load_app_files(const fs::path& ebin, const Atom& app, const std::string& vsn) {
  AppFiles files = load_app_spec(ebin, app, vsn);
  const std::string app_file = (ebin / (app.name + ".app")).string();
  for (const Atom& module : files.spec.modules)
    if (!files.beams.contains(module)) files.beams.emplace(module, load_beam(ebin, module, app_file));
  const fs::path appup = ebin / (app.name + ".appup");
  if (const auto text = read_file_if_exists(appup)) files.appup = parse_appup(*text, appup.string(), vsn);
  return files;
}

}  // namespace erlrc
