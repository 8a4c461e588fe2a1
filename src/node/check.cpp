// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/check.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/network.hpp>

#include "dial.hpp"
#include "epmd_client.hpp"
#include "log_in.hpp"

namespace erlrc {
namespace {

/// The steps so far. The first one that does not work ends the way.
class Way {
public:
  Way(const NodeEntry& entry, Deadline until) : entry_(entry), until_(until) {}

  /// In the network of the node.
  void go() {
    pid_ = process_of(entry_);
    if (pid_) works("process", "process " + std::to_string(*pid_) + " runs as " + to_string(entry_.name));
    const auto port = entry_.port ? entry_.port : registered_port();
    if (!port) return;
    auto dialled = attempt("port", "see whether the node listens on another address", [&] {
      auto made = dial(entry_, *port, until_);
      if (!made) throw Error("port " + std::to_string(*port) + ": nothing is listening");
      works("port", "port " + std::to_string(*port) + ": is listening");
      return *std::move(made);
    });
    if (dialled) log_in_and_ask(*port, *std::move(dialled));
  }

  void works(const std::string& name, const std::string& text) { steps_.push_back({name, true, text}); }
  void fails(const std::string& name, const std::string& text, const std::string& advice) {
    steps_.push_back({name, false, one_line(text), advice});
  }
  std::vector<CheckStep> take() { return std::move(steps_); }

private:
  template <typename Body>
  auto attempt(const std::string& name, const std::string& advice, Body body)
      -> std::optional<decltype(body())> {
    try {
      return body();
    } catch (const Error& error) {
      const std::string remark = protocol_remark(entry_);
      fails(name, error.what(), remark.empty() ? advice : remark);
    }
    return std::nullopt;
  }

  std::optional<std::uint16_t> registered_port() {
    const std::string start =
        pid_ ? "restart the node, which registers it; or set port in the entry, if it uses no epmd"
             : "start the node";
    return attempt("epmd", start, [&] {
      const auto answer = ask_epmd(entry_, until_);
      if (!answer) throw Error(epmd_text(entry_) + ": is not running");
      if (!answer->registration) throw Error(epmd_text(entry_) + ": does not know " + entry_.name.alive);
      works("epmd", epmd_text(entry_) + ": knows " + entry_.name.alive);
      return answer->registration->port;
    });
  }

  void log_in_and_ask(std::uint16_t port, Dialled dialled) {
    bool is_known = false;
    std::unique_ptr<Rpc> rpc;
    try {
      rpc = log_in(entry_, port, std::move(dialled), until_, nullptr, [&] {
        is_known = true;
        works("handshake", "it is the node, run by a user of the entry");
      });
      works("cookie", "both sides know it");
    } catch (const Error& error) {
      const std::string remark = protocol_remark(entry_);
      const std::string advice = !remark.empty() ? remark
                                 : is_known      ? "register the node again with its cookie file"
                                                 : "see USERS AND COOKIES in erlrc-node(8)";
      return fails(is_known ? "cookie" : "handshake", error.what(), advice);
    }
    attempt("question", "see the log of the node", [&] {
      const NodeState state = observe(*rpc, {}, until_);
      works("question", state.node + " runs OTP " + state.otp_release + " with " +
                            counted(state.running.size(), "application"));
      return true;
    });
  }

  const NodeEntry& entry_;
  Deadline until_;
  std::optional<pid_t> pid_;
  std::vector<CheckStep> steps_;
};

}  // namespace

std::vector<CheckStep> check_node(const NodeEntry& entry, Deadline until) {
  Way way(entry, until);
  try {
    if (!entry.network) {
      way.go();
    } else if (!is_there(network_file(*entry.network))) {
      way.fails("network", network_file(*entry.network) + ": no such network namespace",
                "start what has it; erlrc-node discover prints those of running nodes");
    } else {
      in_network(*entry.network, [&] {
        way.works("network", network_file(*entry.network) + ": entered");
        way.go();
      });
    }
  } catch (const Error& error) {
    way.fails("network", error.what(), "only root may enter another network namespace");
  }
  return way.take();
}

}  // namespace erlrc
