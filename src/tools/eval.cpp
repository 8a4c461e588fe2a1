// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/base/foreign_text.hpp>
#include <erlrc/erlang/program.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include <string_view>

#include "arguments.hpp"

namespace erlrc {
namespace {

/// The expression with a full stop at its end, as erl_parse requires it.
std::string with_full_stop(std::string expression) {
  expression.erase(expression.find_last_not_of(" \t\r\n") + 1);
  if (!expression.ends_with('.')) expression += '.';
  return expression;
}

/// The value of the expression, as Erlang prints it. Throws Error if it raises an exception.
std::string evaluate(const NodeEntry& node, const std::string& expression, Deadline until) {
  const auto rpc = connect(node, until);
  if (!rpc) throw Error("node is down");
  rpc->start(eval_program(), binary(with_full_stop(expression)));
  const Term answer = rpc->receive(until);
  for (const char* tag : {"value", "raised"}) {
    const auto* pair = as_tagged(answer, tag, 2);
    const auto text = pair ? as_text(pair->back()) : std::nullopt;
    if (!text) continue;
    if (tag == std::string_view("raised")) throw Error(*text);
    return *text;
  }
  throw ProtocolError("answered " + print_term(answer) + ", expected {value, Text} or {raised, Text}");
}

}  // namespace

int eval_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-eval";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "NODE EXPRESSION", "Evaluate an Erlang expression on a registered node.");
    std::string name, expression;
    std::string timeout = "60";
    line.app.add_option("NODE", name, "One of the registered nodes")->required();
    line.app.add_option("EXPRESSION", expression, "Erlang; the full stop at its end may be left out")
        ->required();
    add_timeout_option(line.app, timeout);
    if (const auto code = line.parse(args, streams)) return *code;

    const Deadline until = after(parse_seconds(timeout, "--timeout"));
    const NodeEntry node = the_node(load_site(), name);
    const std::string value = within(to_string(node.name), [&] { return evaluate(node, expression, until); });
    streams.out += (is_terminal_output() ? for_terminal(value) : value) + "\n";
    return 0;
  });
}

}  // namespace erlrc
