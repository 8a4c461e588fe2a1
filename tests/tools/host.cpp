// SPDX-License-Identifier: BSD-3-Clause
#include "host.hpp"

#include <erlrc/erlang/loaded_program.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>

#include "catch.hpp"
#include "paths.hpp"

namespace erlrc::test {

/// Only its argument has steps.
bool is_runner(const Call& call) {
  return lookup(call.argument, "steps") != nullptr;
}

// Nothing listens on port 1: nodes without an epmd of their own are down, even if the machine runs an epmd.
Host::Host()
    : root_("ERLRC_ROOT", dir_.path().c_str()),
      run_("ERLRC_RUN", (dir_ / "run").c_str()),
      epmd_("ERL_EPMD_PORT", "1"),
      dpkg_root_("DPKG_ROOT", nullptr) {
  std::filesystem::create_directory(dir_ / "nodes");
}

Ran Host::run(ToolMain program, std::vector<std::string> args) const {
  Streams streams;
  Ran ran;
  ran.exit = program(args, streams);
  ran.out = replace_all(streams.out, dir_.path().string(), "HOST");
  ran.err = replace_all(streams.err, dir_.path().string(), "HOST");
  CHECK((ran.out + ran.err).find(cookie) == std::string::npos);
  return ran;
}

void Host::add(const std::string& name, const FakeNode& node) const {
  dir_.write("nodes/" + name,
             "cookie = " + cookie + "\nepmd_port = " + std::to_string(node.epmd_port()) + "\n");
}

std::string Host::add_app(const std::string& app, const std::string& vsn,
                          const std::vector<std::string>& modules) const {
  const std::string directory = app + "-" + vsn;
  std::string names;
  for (const std::string& module : modules) {
    const std::string beams =
        in_source(vsn.starts_with("1") ? "tests/golden/app/otp23/" : "tests/golden/app/otp25/");
    dir_.write(directory + "/ebin/" + module + ".beam", read_file(beams + module + ".beam"));
    names += (names.empty() ? "" : ", ") + module;
  }
  dir_.write(directory + "/ebin/" + app + ".app",
             "{application, " + app + ", [{vsn, \"" + vsn + "\"}, {modules, [" + names + "]}]}.\n");
  return dir_ / directory;
}

FakeNodeOptions good(const std::string& name, Fault fault) {
  return {name + "@localhost", cookie, fault};
}

Term observed(const std::vector<Running>& running, const std::string& lib_dir) {
  std::vector<Term> loaded, included, names, types;
  for (const auto& [app, vsn] : running) {
    loaded.push_back(tuple(Atom{app}, string("about it"), string(vsn)));
    included.push_back(tuple(Atom{"ok"}, list()));
    names.push_back(tuple(Atom{app}, Atom{"undefined"}));
    types.push_back(tuple(Atom{app}, Atom{"permanent"}));
  }
  const Term info = list({tuple(Atom{"loaded"}, list(loaded)), tuple(Atom{"starting"}, list()),
                          tuple(Atom{"running"}, list(names)), tuple(Atom{"started"}, list(types))});
  return Map{{{Atom{"otp"}, string("25")},
              {Atom{"lib_dir"}, string(lib_dir)},
              {Atom{"info"}, info},
              {Atom{"included"}, list(included)},
              {Atom{"code"}, list({tuple(Atom{"plain"}, binary(Bytes(16, 'm')))})}}};
}

Term done() {
  return tuple(Atom{"done"}, list({tuple(0, 12), tuple(1, 3456)}), 789, list());
}

Term prepared() {
  return tuple(Atom{"prepared"}, list({tuple(0, 12), tuple(1, 3456)}), 789, list());
}

Term failed(const std::string& why, bool touched, const std::vector<std::string>& left) {
  std::vector<Term> rows;
  for (const std::string& row : left)
    rows.push_back(binary(row));
  return tuple(Atom{"failed"}, 1, binary(why), boolean(touched), list(rows), list({tuple(0, 12)}), 0, list());
}

void play(FakeNode& node, Term state, Term end) {
  node.on_start([state, end](const Call& call) {
    if (is_call_of(call, loaded_program())) return Script{Say{list()}, Exit{}};
    if (!is_runner(call)) return Script{Say{state}, Exit{}};
    return end == prepared() ? Script{Say{end}} : Script{Say{end}, Exit{}};
  });
  node.on_message([](const Term& message) {
    return Script{Say{is_atom(message, "commit") ? done() : failed("rolled back")}, Exit{}};
  });
}

bool was_run(const FakeNode& node) {
  for (const Call& call : node.calls())
    if (is_runner(call)) return true;
  return false;
}

Term run_argument(const FakeNode& node, const std::string& key) {
  for (const Call& call : node.calls())
    if (const Term* value = is_runner(call) ? lookup(call.argument, key) : nullptr) return *value;
  return Atom{"not_run"};
}

std::vector<std::string> steps_run(const FakeNode& node) {
  std::vector<std::string> names;
  const Term steps = run_argument(node, "steps");
  const auto* rows = as_list(steps);
  for (const Term& step : rows ? *rows : std::vector<Term>{}) {
    const auto* of_family = as_tuple(step, 2);
    const auto* elements = of_family ? as_tuple((*of_family)[1]) : nullptr;
    const Atom* name = as_atom(elements ? elements->front() : of_family ? (*of_family)[1] : step);
    names.push_back(name ? name->name : "?");
  }
  return names;
}

}  // namespace erlrc::test
