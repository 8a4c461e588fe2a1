// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <erlrc/base/error.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/packet.hpp>
#include <erlrc/term/etf.hpp>

#include "arguments.hpp"
#include "boot_plan.hpp"

namespace erlrc {
namespace {

/// Answers one question of a node that boots and has us as its port (src/erlang/erlrc_planner.erl).
int answer_node(Streams& streams) {
  const auto question = read_packet(STDIN_FILENO);
  if (!question) throw Error("standard input: found its end, expected the question of a node that boots");
  const auto answer =
      within("standard input", [&] { return plan_boot(decode_term(*question), erlrc_root()); });
  streams.out += packet(encode_term(to_term(answer)));
  return 0;
}

}  // namespace

int boot_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-boot";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "NAME [ARGUMENTS]", "Start a node with the applications that should run.");
    bool plan = false;
    line.app.add_flag("--plan", plan, "Answer the question of a node that boots, on standard input");
    if (const auto code = line.parse(args, streams)) return *code;
    if (plan) return answer_node(streams);
    throw UsageError("NAME is required");
  });
}

}  // namespace erlrc
