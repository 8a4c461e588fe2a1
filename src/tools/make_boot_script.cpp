// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/boot/boot_script.hpp>
#include <erlrc/engine/installed_members.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/child_program.hpp>
#include <erlrc/sys/file.hpp>

#include "arguments.hpp"

// erlrc-make-boot-script.

namespace erlrc {
namespace {

namespace fs = std::filesystem;

const std::string tool = "erlrc-make-boot-script";

/// Names separated by commas or white space; `#` begins a comment, to the end of the line.
std::vector<Atom> parse_applications(std::string_view text) {
  std::vector<Atom> apps;
  for (const std::string_view line : lines(text)) {
    std::string names(line.substr(0, line.find('#')));
    std::ranges::replace(names, ',', ' ');
    for (const std::string_view name : words(names))
      apps.push_back(check_app(std::string(name)));
  }
  return apps;
}

/// Makes one and reports it. Returns the exit code.
int make_and_report(const BootScript& script, Streams& streams) {
  within(script.name.string() + ".boot", [&] { make_boot_script(script); });
  streams.out += tool + ": " + script.name.string() + ".boot made\n";
  return 0;
}

/// The directory of the installed Erlang, $ROOT in scripts: that above the directory of the program erl.
fs::path erlang_root() {
  constexpr int most_links = 8;
  fs::path erl = find_program("erl").value_or("/usr/lib/erlang/bin/erl");
  for (int i = 0; i < most_links; ++i) {
    const auto target = read_link_if_readable(erl);
    if (!target) break;
    erl = (erl.parent_path() / *target).lexically_normal();
  }
  return erl.parent_path().parent_path();
}

/// A directory that the script names and that is gone; empty if all are there.
std::string gone_directory(const fs::path& script) {
  constexpr std::string_view in_root = "$ROOT/";
  const std::string text = read_file_if_exists(script).value_or("");
  constexpr std::string_view end = "/ebin\"";
  for (std::size_t at = text.find(end); at != std::string::npos; at = text.find(end, at + 1)) {
    const std::size_t begin = text.rfind('"', at) + 1;
    std::string directory = text.substr(begin, at - begin) + "/ebin";
    if (directory.starts_with(in_root))
      directory = (erlang_root() / directory.substr(in_root.size())).string();
    if (directory.starts_with('/') && !visible_status(directory)) return directory;
  }
  return "";
}

/// The boot file could not be made. The old one stays, unless a node could not start with it: then one
/// without applications takes its place, with which erlrc_boot starts them, or, if that is not possible
/// either, none.
void replace_stale(const fs::path& name, Streams& streams) {
  const std::string gone = gone_directory(name.string() + ".script");
  if (gone.empty()) return;
  const int code = guarded_main(tool, streams, [&] {
    make_boot_script({name, {}, false});
    return 0;
  });
  if (code != 0)
    for (const char* ending : {".boot", ".script", ".rel"})
      remove_file(name.string() + ending);
  streams.err += tool + ": " + name.string() +
                 ".boot: " + (code == 0 ? "made without applications" : "removed") +
                 ", since the old one names " + gone + ", which is gone\n";
}

/// Makes all that the administrator has listed. A failure of one does not stop the others.
int make_configured(const fs::path& directory, Streams& streams) {
  const fs::path listed = erlrc_root() / "boot";
  int code = 0;
  for (const std::string& name : directory_names(listed).value_or(std::vector<std::string>{})) {
    if (is_leftover(name)) continue;
    const int one = guarded_main(tool, streams, [&] {
      const std::string file = (listed / name).string();
      const auto apps = within(file, [&] { return parse_applications(read_file(file)); });
      make_directory(directory.parent_path(), 0755);
      make_directory(directory, 0755);
      return make_and_report({directory / name, apps, true, declared_directories()}, streams);
    });
    if (one == 0) continue;
    code = 1;
    (void)guarded_main(tool, streams, [&] {
      replace_stale(directory / name, streams);
      return 0;
    });
  }
  return code;
}

fs::path check_name(const std::string& name) {
  if (!fs::path(name).has_filename() || has_control(name))
    throw UsageError("name " + printable(name) + ": expected the name of files, without their endings");
  return name;
}

}  // namespace

int make_boot_script_main(std::span<const std::string> args, Streams& streams) {
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "NAME [EXTRA-APPS] | --configured",
                     "Make a boot file of OTP, with its release file and script.");
    std::string name, extra;
    std::string directory = "/var/lib/erlrc/boot";
    bool is_static = false, configured = false;
    line.app.add_option("NAME", name, "The files to write, without .rel, .script and .boot");
    line.app.add_option("EXTRA-APPS", extra, "Further applications, separated by commas");
    line.app.add_flag("--static", is_static, "Include the desired applications");
    auto* all =
        line.app.add_flag("--configured", configured, "Make all boot files listed in /etc/erlrc.d/boot");
    line.app.add_option("--directory", directory, "Directory that --configured writes to")
        ->type_name("DIR")
        ->capture_default_str()
        ->needs(all);
    if (const auto code = line.parse(args, streams)) return *code;

    if (configured && (is_static || !name.empty()))
      throw UsageError("--configured cannot be combined with other options");
    if (configured && is_for_other_system()) return 0;
    if (configured) return make_configured(absolute_path(directory), streams);
    if (name.empty()) throw UsageError("NAME is required");
    return make_and_report({check_name(name), parse_applications(extra), is_static, declared_directories()},
                           streams);
  });
}

}  // namespace erlrc
