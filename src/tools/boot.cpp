// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <filesystem>

#include <erlrc/base/error.hpp>
#include <erlrc/report/dot.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/packet.hpp>
#include <erlrc/term/etf.hpp>

#include "arguments.hpp"
#include <erlrc/boot/child_node.hpp>
#include <erlrc/boot/boot_plan.hpp>

namespace erlrc {
namespace {

const std::string tool = "erlrc-boot";

/// Answers one question of a node that boots and has us as its port (src/erlang/boot/erlrc_planner.erl).
int answer_node(Streams& streams) {
  const auto question = read_packet(STDIN_FILENO);
  if (!question) throw Error("standard input: found its end, expected the question of a node that boots");
  const auto answer =
      within("standard input", [&] { return plan_boot(decode_term(*question), erlrc_root()); });
  streams.out += packet(encode_term(to_term(answer)));
  return 0;
}

/// Draws the start order of a node with these arguments of erl. The exit code is 1 if not all would start.
int graph(const std::vector<std::string>& arguments, const std::string& output, Streams& streams) {
  const std::string format = std::filesystem::path(output).extension().string();
  if (!output.empty() && format != ".dot" && format != ".svg" && format != ".png")
    throw UsageError("--output: " + printable(output) + ": expected a name that ends in .dot, .svg or .png");
  const auto answer = plan_boot(ask_question(arguments), erlrc_root());
  if (const auto* refusal = std::get_if<BootRefusal>(&answer)) throw Error(refusal->text);
  const auto& plan = std::get<BootPlan>(answer);
  const std::string text = render_dot(plan);
  if (output.empty())
    streams.out += text;
  else if (format == ".dot")
    write_file_atomically(output, text, 0644);
  else
    draw(text, format.substr(1), output);
  for (const BootProblem& problem : plan.problems)
    streams.err += tool + ": " + describe(problem) + "\n";
  return plan.problems.empty() ? 0 : 1;
}

}  // namespace

int boot_main(std::span<const std::string> args, Streams& streams) {
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "NAME [ARGUMENTS..]",
                     "Start a node in the foreground, with the applications that should run.");
    NodeToBoot node;
    bool plan = false, draws = false;
    std::string output;
    line.app.add_option("NAME", node.name, "The node's name: ALIVE or ALIVE@HOST");
    line.app.add_option("ARGUMENTS", node.arguments, "Further arguments of erl, after --");
    line.app.add_flag("--sequential", node.sequential, "Start one application after the other");
    line.app.add_flag("--graph", draws, "Print the order of the start as a graph, and start nothing");
    line.app
        .add_option("--output", output,
                    "With --graph: the file to write; its name ends in .dot, .svg or .png")
        ->type_name("FILE");
    line.app.add_flag("--plan", plan, "Answer the question of a node that boots, on standard input");
    if (const auto code = line.parse(args, streams)) return *code;

    if (plan && (draws || node.sequential || !node.name.empty())) throw UsageError("--plan stands alone");
    if (!output.empty() && !draws) throw UsageError("--output is for --graph only");
    if (plan) return answer_node(streams);
    if (node.name.empty()) throw UsageError("NAME is required");
    if (draws) return graph(node.arguments, output, streams);
    return run_in_foreground(node);
  });
}

}  // namespace erlrc
