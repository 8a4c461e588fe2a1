// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>

#include <erlrc/base/error.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "arguments.hpp"
#include <erlrc/boot/child_node.hpp>
#include <erlrc/boot/boot_plan.hpp>

// Boot files by OTP's own systools, of what the planner says. What makes them is
// src/erlang/boot/erlrc_boot_script.erl.

namespace erlrc {
namespace {

namespace fs = std::filesystem;

const std::string tool = "erlrc-make-boot-script";

/// What is to be made.
struct BootScript {
  fs::path name;            ///< of the files, without .rel, .script and .boot
  std::vector<Atom> extra;  ///< applications beside those of the packages
  bool is_static = false;   ///< with the applications of the packages
};

/// Names separated by commas or white space; `#` begins a comment, to the end of the line.
std::vector<Atom> parse_applications(std::string_view text) {
  std::vector<Atom> apps;
  std::string word;
  bool comment = false;
  for (const char c : std::string(text) + "\n") {
    if (c == '#') comment = true;
    const bool separates = comment || c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (c == '\n') comment = false;
    if (!separates) {
      word += c;
    } else if (!word.empty()) {
      apps.push_back(check_app(word));
      word.clear();
    }
  }
  return apps;
}

BootWish wish_of(const BootScript& script) {
  BootWish wish;
  if (script.is_static) {
    auto found = load_boot_wish(erlrc_root());
    if (const auto* refusal = std::get_if<BootRefusal>(&found)) throw Error(refusal->text);
    wish = std::move(std::get<BootWish>(found));
  }
  for (const Atom& app : script.extra)
    wish.types.emplace(app, Atom{"permanent"});  // as a release file has it
  return wish;
}

/// Throws Error that says why some applications could not be started.
void check_problems(const std::vector<BootProblem>& problems) {
  std::string text;
  for (const BootProblem& problem : problems)
    text += (text.empty() ? "" : "; ") + describe(problem);
  if (!text.empty()) throw Error(text);
}

/// `[{App, Type, Spec}]`: all that the plan loads, those that others include with the type `load`.
Term planned_applications(const BootPlan& plan) {
  std::vector<Term> rows;
  for (const BootStart& start : plan.starts)
    for (const Step& step : start.steps)
      if (const auto* load = std::get_if<LoadApp>(&step)) {
        const Atom type = load->app == start.app ? start.type : Atom{"load"};
        rows.push_back(tuple(load->app, type, load->spec));
      }
  return list(std::move(rows));
}

Term planned(const BootScript& script) {
  const BootWish wish = wish_of(script);
  if (wish == BootWish{}) return list();
  const BootPlan plan = plan_boot(ask_question({}), erlrc_root(), wish);
  check_problems(plan.problems);
  return planned_applications(plan);
}

/// Writes the three files, or none.
void make(const BootScript& script) {
  const Term settings = list({tuple(Atom{"boot_script"}, tuple(boolean(script.is_static), planned(script)))});
  const Term answer = ask_node("erlrc_boot_script", "make", settings);
  if (const auto* failed = as_tagged(answer, "failed", 2))
    throw Error(as_text(failed->back()).value_or("systools failed"));
  const auto* made = as_tagged(answer, "made", 4);
  if (made == nullptr) throw ProtocolError("the node told " + print_term(answer) + ", expected what it made");
  const std::vector<std::string> endings{".rel", ".script", ".boot"};
  for (std::size_t i = 0; i < endings.size(); ++i) {
    const auto content = as_text((*made)[i + 1]);
    if (!content) throw ProtocolError("the node told no content of " + endings[i]);
    write_file_atomically(script.name.string() + endings[i], *content, 0644);
  }
}

/// Makes one and tells of it. The exit code.
int make_and_tell(const BootScript& script, Streams& streams) {
  within(script.name.string() + ".boot", [&] { make(script); });
  streams.out += tool + ": " + script.name.string() + ".boot made\n";
  return 0;
}

/// Makes each that the administrator has listed; one that fails does not keep the others from being made.
int make_configured(const fs::path& directory, Streams& streams) {
  const fs::path wanted = erlrc_root() / "boot";
  int code = 0;
  for (const std::string& name : directory_names(wanted).value_or(std::vector<std::string>{})) {
    if (is_leftover(name)) continue;
    const int one = guarded_main(tool, streams, [&] {
      const std::string file = (wanted / name).string();
      const auto apps = within(file, [&] { return parse_applications(read_file(file)); });
      make_directory(directory.parent_path(), 0755);
      make_directory(directory, 0755);
      return make_and_tell({directory / name, apps, true}, streams);
    });
    if (one != 0) code = 1;
  }
  return code;
}

fs::path check_name(const std::string& name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  const fs::path path(name);
  if (!path.has_filename() || std::ranges::any_of(name, is_control))
    throw UsageError("name " + printable(name) + ": expected the name of files, without their endings");
  return path;
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
    line.app.add_flag("--static", is_static, "With the applications that should run");
    auto* all =
        line.app.add_flag("--configured", configured, "Make those that are listed in /etc/erlrc.d/boot");
    line.app.add_option("--directory", directory, "Where --configured writes them")
        ->type_name("DIR")
        ->capture_default_str()
        ->needs(all);
    if (const auto code = line.parse(args, streams)) return *code;

    if (configured && (is_static || !name.empty())) throw UsageError("--configured stands alone");
    if (configured) return make_configured(fs::absolute(directory), streams);
    if (name.empty()) throw UsageError("NAME is required");
    return make_and_tell({check_name(name), parse_applications(extra), is_static}, streams);
  });
}

}  // namespace erlrc
