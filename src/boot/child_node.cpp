// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/boot/child_node.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <optional>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/boot/erl_arguments.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/child_program.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/packet.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "progress.hpp"

namespace erlrc {
namespace {

// The descriptors of the node's pipes in the node, above those that it opens itself.
constexpr PipedProgram::Ends ends_in_node{13, 14};

/// A program on PATH.
std::string expect_program(const std::string& name, const std::string& package) {
  auto found = find_program(name);
  if (!found) throw Error(name + ": no such program on PATH; install " + package);
  return *std::move(found);
}

/// The command that starts a node with these arguments of erl.
std::vector<std::string> node_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{expect_program("erl", "erlang-base"), "-noinput", "+Bi"};
  // erl uses the first -boot option.
  if (std::ranges::find(arguments, "-boot") == arguments.end())
    all.insert(all.end(), {"-boot", "start_sasl"});
  // First, since the code path begins with the working directory, where anybody's files may be.
  if (is_visible_file(ERLRC_EBIN "/erlrc.app")) all.insert(all.end(), {"-pa", ERLRC_EBIN});
  all.insert(all.end(), {"-erlrc", "watcher", print_term(tuple(ends_in_node.input, ends_in_node.output))});
  all.insert(all.end(), {"-erlrc", "planner", print_term(string(own_program().value_or("erlrc-boot")))});
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

/// A node as our child, and the pipes to its watcher. It ends when we do.
class ChildNode {
public:
  /// `settings` are sent to the node by a pipe, so that they are not visible in its arguments. The node runs
  /// in `directory`; empty: in ours.
  ChildNode(const std::vector<std::string>& arguments, const Term& settings, const std::string& directory)
      : program_(node_command(arguments), ends_in_node, directory) {
    try {
      write_packet(program_.input(), encode_term(settings));
    } catch (const SystemError&) {
      // It has ended already; its exit status reports why.
    }
  }

  /// Its next event; nullopt when it has ended.
  std::optional<Term> next() {
    const auto bytes = read_packet(program_.output());
    if (!bytes) return std::nullopt;
    return decode_term(*bytes);
  }

  /// Waits for its end.
  int exit_status() { return program_.wait(); }

private:
  PipedProgram program_;
};

/// The cookie of the node, if it is registered.
Term settings(const std::string& name) {
  const NodeName asked = parse_node_name(name);
  if (!file_status(erlrc_root() / "nodes")) return list();
  const Registry registry = load_registry(erlrc_root());
  for (const BadEntry& bad : registry.bad)
    if (bad.file == name) throw Error(bad.error);
  for (const NodeEntry& entry : registry.nodes)
    if (may_be_same(entry.name, asked)) return list({tuple(Atom{"cookie"}, Atom{entry.cookie.reveal()})});
  return list();
}

std::string exit_text(int status) {
  return "the node exited with status " + std::to_string(status);
}

/// The user may call us in a directory of another user. A node loads code from its working
/// directory, so this one runs in the root directory.
Term ask(std::vector<std::string> arguments, const std::string& module, const std::string& function,
         const Term& settings) {
  arguments = arguments_from(absolute_path("."), std::move(arguments));
  arguments.insert(arguments.end(), {"-s", module, function});
  ChildNode child(arguments, settings, "/");
  std::optional<Term> answer;
  while (auto event = child.next())
    answer = std::move(event);
  const int status = child.exit_status();
  if (!answer) throw Error(exit_text(status) + " without answering");
  return *std::move(answer);
}

}  // namespace

int run_in_foreground(const NodeToBoot& node) {
  // As in OTP, a host with a dot makes a long name.
  const auto at = node.name.find('@');
  const bool is_long = at != std::string::npos && node.name.find('.', at) != std::string::npos;
  std::vector<std::string> arguments{is_long ? "-name" : "-sname", node.name};
  if (node.sequential) arguments.insert(arguments.end(), {"-erlrc", "sequential", "true"});
  arguments.insert(arguments.end(), node.arguments.begin(), node.arguments.end());
  arguments.insert(arguments.end(), {"-s", "erlrc_boot", "boot"});

  ChildNode child(arguments, settings(node.name), "");
  BootProgress progress(node.name);
  while (const auto event = child.next()) {
    const BootLine line = progress.line_for(*event);
    std::FILE* stream = line.is_problem ? stderr : stdout;
    std::fwrite(line.text.data(), 1, line.text.size(), stream);
    std::fflush(stream);
  }
  const int status = child.exit_status();
  if (!progress.is_complete())
    throw Error(node.name + ": " + exit_text(status) + " before its applications were started");
  if (status != 0) throw Error(node.name + ": " + exit_text(status));
  return progress.has_problems() ? 1 : 0;
}

Term ask_question(const std::vector<std::string>& arguments) {
  const Term answer = ask(arguments, "erlrc_boot", "send_question", list());
  const auto* parts = as_tagged(answer, "question", 2);
  if (parts == nullptr)
    throw ProtocolError("unexpected message from the node: " + print_term(answer) + ", expected its request");
  return parts->back();
}

Term ask_node(const std::string& module, const std::string& function, const Term& settings) {
  return ask({}, module, function, settings);
}

void draw(const std::string& graph, const std::string& format, const std::filesystem::path& file) {
  const std::string dot = expect_program("dot", "graphviz");
  const int status = run_with_input({dot, "-T" + format, "-o", file.string()}, graph);
  if (status != 0) throw Error("dot: exit status " + std::to_string(status));
}

}  // namespace erlrc
