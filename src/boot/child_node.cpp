// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/boot/child_node.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/process.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/packet.hpp>
#include <erlrc/sys/unique_fd.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "progress.hpp"

namespace erlrc {
namespace {

namespace bp = boost::process;

// The node's numbers of the pipes' ends, out of the way of ours, which are the lowest that are free.
constexpr int node_in = 13;
constexpr int node_out = 14;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SystemError("pipe", errno);
    source = UniqueFd(ends[0]);
    sink = UniqueFd(ends[1]);
  }
  UniqueFd source;
  UniqueFd sink;
};

/// A program on PATH.
boost::filesystem::path find_program(const std::string& name, const std::string& package) {
  auto found = bp::search_path(name);
  if (found.empty()) throw Error(name + ": no such program on PATH; install " + package);
  return found;
}

/// Whom a signal that asks us to end goes to.
volatile std::sig_atomic_t signalled_pid = 0;

void forward_signal(int) {
  if (signalled_pid > 0) ::kill(static_cast<pid_t>(signalled_pid), SIGTERM);
}

/// A node as our child, and the pipes to its watcher. It ends when we do.
class ChildNode {
public:
  /// `settings` is what must not be seen in arguments.
  ChildNode(std::vector<std::string> arguments, const Term& settings) {
    Pipe to_node, from_node;
    std::vector<std::string> all{"-noinput", "+Bi"};
    // Of two, erl would take the first.
    if (std::ranges::find(arguments, "-boot") == arguments.end())
      all.insert(all.end(), {"-boot", "start_sasl"});
    // Where this program was not installed beside OTP.
    if (is_visible_file(ERLRC_EBIN "/erlrc.app")) all.insert(all.end(), {"-pz", ERLRC_EBIN});
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
             {"watcher", "{" + std::to_string(node_in) + "," + std::to_string(node_out) + "}"},
             {"planner", print_term(string(read_link_if_readable("/proc/self/exe").value_or("erlrc-boot")))}})
      all.insert(all.end(), {"-erlrc", key, value});
    std::ranges::move(arguments, std::back_inserter(all));
    std::error_code failed;
    child_ = bp::child(find_program("erl", "erlang-base"), bp::args(all), bp::std_in < bp::null,
                       bp::posix::fd.bind(node_in, to_node.source.get()),
                       bp::posix::fd.bind(node_out, from_node.sink.get()), failed);
    if (failed) throw SystemError("erl: start", failed.value());
    to_node_ = std::move(to_node.sink);
    from_node_ = std::move(from_node.source);
    signalled_pid = child_.id();
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
      std::signal(number, forward_signal);
    try {
      write_packet(to_node_.get(), encode_term(settings));
    } catch (const SystemError&) {
      // It is gone already, which its exit status will tell.
    }
  }

  /// What it tells next; nullopt when it has ended.
  std::optional<Term> next() {
    const auto bytes = read_packet(from_node_.get());
    if (!bytes) return std::nullopt;
    return decode_term(*bytes);
  }

  /// Waits for its end.
  int exit_status() {
    std::error_code failed;
    child_.wait(failed);
    signalled_pid = 0;
    return child_.exit_code();
  }

private:
  bp::child child_;
  UniqueFd to_node_;
  UniqueFd from_node_;
};

/// The cookie with which the node is registered, if it is.
Term settings(const std::string& name) {
  const NodeName wanted = parse_node_name(name);
  if (!file_status(erlrc_root() / "nodes")) return list();
  const Registry registry = load_registry(erlrc_root());
  for (const BadEntry& bad : registry.bad)
    if (bad.file == name) throw Error(bad.error);
  for (const NodeEntry& entry : registry.nodes)
    if (may_be_same(entry.name, wanted)) return list({tuple(Atom{"cookie"}, Atom{entry.cookie.reveal()})});
  return list();
}

std::string exit_text(int status) {
  return "the node ended with exit status " + std::to_string(status);
}

Term ask(std::vector<std::string> arguments, const std::string& module, const std::string& function,
         const Term& settings) {
  arguments.insert(arguments.end(), {"-s", module, function});
  ChildNode child(std::move(arguments), settings);
  std::optional<Term> told;
  while (auto event = child.next())
    told = std::move(event);
  const int status = child.exit_status();
  if (!told) throw Error(exit_text(status) + " and did not say what it was asked");
  return *std::move(told);
}

}  // namespace

int run_in_foreground(const NodeToBoot& node) {
  // As OTP has it, a host with a dot makes a long name.
  const auto at = node.name.find('@');
  const bool is_long = at != std::string::npos && node.name.find('.', at) != std::string::npos;
  std::vector<std::string> arguments{is_long ? "-name" : "-sname", node.name};
  if (node.sequential) arguments.insert(arguments.end(), {"-erlrc", "sequential", "true"});
  arguments.insert(arguments.end(), node.arguments.begin(), node.arguments.end());
  arguments.insert(arguments.end(), {"-s", "erlrc_boot", "boot"});

  ChildNode child(std::move(arguments), settings(node.name));
  BootProgress progress(node.name);
  while (const auto event = child.next()) {
    const BootLine line = progress.told(*event);
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
  const Term told = ask(arguments, "erlrc_boot", "send_question", list());
  const auto* parts = as_tagged(told, "question", 2);
  if (parts == nullptr) throw ProtocolError("the node told " + print_term(told) + ", expected its question");
  return parts->back();
}

Term ask_node(const std::string& module, const std::string& function, const Term& settings) {
  return ask({}, module, function, settings);
}

void draw(const std::string& graph, const std::string& format, const std::filesystem::path& file) {
  const auto dot = find_program("dot", "graphviz");
  bp::opstream input;
  std::error_code failed;
  bp::child child(dot, "-T" + format, "-o", file.string(), bp::std_in < input, failed);
  if (failed) throw SystemError("dot: start", failed.value());
  input << graph;
  input.flush();
  input.pipe().close();
  child.wait(failed);
  if (child.exit_code() != 0) throw Error("dot: exit status " + std::to_string(child.exit_code()));
}

}  // namespace erlrc
