// SPDX-License-Identifier: BSD-3-Clause
#include "boot_host.hpp"
#include "paths.hpp"

#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include <erlrc/sys/file.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc::test {
namespace {

/// Compiled here, since older releases cannot load the beams of the build.
const TempDir& compiled() {
  static const TempDir dir;
  static const std::string source = in_source("src/erlang");
  static const int status =
      std::system(("mkdir -p '" + dir.path().string() + "/erlrc/ebin' && erlc -o '" + dir.path().string() +
                   "/erlrc/ebin' " + source + "/boot/*.erl " + source + "/runner/*.erl " + source +
                   "/erlrc_observe.erl " + in_source("tests/live/boot/boots.erl") + " && cp " + built_ebin() +
                   "/erlrc.app '" + dir.path().string() + "/erlrc/ebin'")
                      .c_str());
  if (status != 0) throw std::runtime_error("the application erlrc cannot be compiled");
  return dir;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts)
    all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::vector<std::string> base_arguments() {
  return {
      "-boot", "start_sasl", "-pa", erlrc_ebin(), "-erlrc", "planner", "\"" + built_program("boot") + "\"",
      "-run",  "boots",      "open"};
}

LiveNode& shared_node() {
  static std::unique_ptr<LiveNode> node;
  if (!node || !node->runs())
    node = std::make_unique<LiveNode>(boot_epmd(), LiveNodeOptions{.arguments = base_arguments()});
  return *node;
}

}  // namespace

std::string erlrc_ebin() {
  return (compiled() / "erlrc/ebin").string();
}

const LiveEpmd& boot_epmd() {
  static const LiveEpmd epmd;
  return epmd;
}

BootHost& BootHost::app(const std::string& name, const std::string& relations, const std::string& does,
                        const std::string& keys) {
  std::vector<std::string> applications{"kernel", "stdlib"}, included, optional;
  std::istringstream words(relations);
  for (std::string word; words >> word;) {
    const std::string other = word.substr(word.find_first_not_of("!?"));
    (word[0] == '!' ? included : applications).push_back(other);
    if (word[0] == '?') optional.push_back(other);
  }
  dir_.write("lib/" + name + "-1/ebin/" + name + ".app",
             "{application, " + name +
                 ", [{description, \"\"}, {vsn, \"1\"}, {modules, []}, {registered, []},\n" +
                 "  {applications, [" + joined(applications) + "]},\n  {included_applications, [" +
                 joined(included) + "]},\n" +
                 (optional.empty() ? "" : "  {optional_applications, [" + joined(optional) + "]},\n") +
                 "  {mod, {boots, {" + name + ", " + does + "}}}" + keys + "]}.\n");
  return *this;
}

BootHost& BootHost::module(const std::string& app, const std::string& name, const std::string& source) {
  const std::string ebin = "lib/" + app + "-1/ebin/", none = "{modules, []}";
  std::string text = read_file(dir_ / (ebin + app + ".app"));
  dir_.write(ebin + app + ".app", text.replace(text.find(none), none.size(), "{modules, [" + name + "]}"));
  const std::string file = dir_.write(name + ".erl", source).string();
  if (std::system(("erlc -o '" + (dir_ / ebin).string() + "' '" + file + "'").c_str()) != 0)
    throw std::runtime_error(file + " cannot be compiled");
  return *this;
}

BootHost& BootHost::want(const std::string& names, const std::string& content) {
  std::istringstream words(names);
  for (std::string word; words >> word;)
    dir_.write("root/applications/" + word, content);
  return *this;
}

BootHost& BootHost::write(const std::string& file, const std::string& text) {
  dir_.write("root/" + file, text);
  return *this;
}

std::string BootHost::boot() {
  shared_node().evaluate("ok = boots:fresh(\"" + root() + "\", \"" + (dir_ / "lib").string() + "\").");
  return ask("erlrc_boot:boot().");
}

std::string BootHost::ask(const std::string& expressions) {
  return neutral(print_term(shared_node().evaluate(expressions)));
}

std::vector<std::string> BootHost::arguments() const {
  std::vector<std::string> made = base_arguments();
  for (const std::string& name : directory_names(dir_ / "lib").value_or(std::vector<std::string>{}))
    made.insert(made.end(), {"-pa", (dir_ / "lib" / name / "ebin").string()});
  return made;
}

LiveNodeOptions BootHost::options(std::vector<std::string> further) const {
  LiveNodeOptions made;
  made.arguments = arguments();
  made.arguments.insert(made.arguments.end(), further.begin(), further.end());
  made.environment = {"ERLRC_ROOT=" + root()};
  return made;
}

LiveNodeOptions BootHost::embedded_options() const {
  LiveNodeOptions made = options({});
  for (const char* word : {"-run", "boots", "open"})
    std::erase(made.arguments, word);
  made.arguments.insert(made.arguments.end(),
                        {"-mode", "embedded", "-eval",
                         "[{module, _} = code:load_abs(filename:rootname(F)) || F <- filelib:wildcard(\"" +
                             erlrc_ebin() + "/*.beam\")], boots:open()."});
  return made;
}

std::string BootHost::neutral(std::string text) const {
  const std::string own = dir_.path().string();
  for (auto at = text.find(own); at != std::string::npos; at = text.find(own, at))
    text.replace(at, own.size(), "HOST");
  return text;
}

}  // namespace erlrc::test
