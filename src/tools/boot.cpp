// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/boot/boot_plan.hpp>
#include <erlrc/boot/child_node.hpp>
#include <erlrc/engine/installed_members.hpp>
#include <erlrc/report/dot.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/packet.hpp>
#include <erlrc/term/etf.hpp>

#include "arguments.hpp"

namespace erlrc {
namespace {

const std::string tool = "erlrc-boot";

/// Answers one request of a node that boots and runs us as its port (src/erlang/boot/erlrc_planner.erl).
int answer_node(Streams& streams) {
  const auto request = read_packet(standard_input);
  if (!request) throw Error("standard input: unexpected end, expected a request from a booting node");
  const auto answer = within("standard input", [&] {
    return plan_boot(decode_term(*request), erlrc_root(), declared_directories());
  });
  streams.out += packet(encode_term(to_term(answer)));
  return 0;
}

/// Draws the start order of a node with these arguments of erl. The exit code is 1 if some applications would
/// not start.
int graph(const std::vector<std::string>& arguments, const std::string& output, Streams& streams) {
  const std::string format = std::filesystem::path(output).extension().string();
  if (!output.empty() && format != ".dot" && format != ".svg" && format != ".png")
    throw UsageError("--output: " + printable(output) + ": expected a name that ends in .dot, .svg or .png");
  const auto answer = plan_boot(ask_question(arguments), erlrc_root(), declared_directories());
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
    streams.err += tool + ": " + one_line(describe(problem)) + "\n";
  return plan.problems.empty() ? 0 : 1;
}

}  // namespace

int boot_main(std::span<const std::string> args, Streams& streams) {
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "NAME [ARGUMENTS..]",
                     "Start a node in the foreground, with the desired applications.");
    NodeToBoot node;
    bool plan = false, draws = false;
    std::string output;
    line.app.add_option("NAME", node.name, "The node's name: ALIVE or ALIVE@HOST");
    line.app.add_option("ARGUMENTS", node.arguments, "Further arguments of erl, after --");
    line.app.add_flag("--sequential", node.sequential, "Start one application after the other");
    line.app.add_flag("--graph", draws, "Print the start order as a graph instead of starting");
    line.app.add_option("--output", output, "With --graph: write the graph to this .dot, .svg or .png file")
        ->type_name("FILE");
    line.app.add_flag("--plan", plan, "Answer the request of a booting node, read from standard input");
    if (const auto code = line.parse(args, streams)) return *code;

    if (plan && (draws || node.sequential || !node.name.empty()))
      throw UsageError("--plan cannot be combined with other options");
    if (!output.empty() && !draws) throw UsageError("--output is for --graph only");
    if (plan) return answer_node(streams);
    if (node.name.empty()) throw UsageError("NAME is required");
    if (draws) return graph(node.arguments, output, streams);
    return run_in_foreground(node);
  });
}

}  // namespace erlrc
