// SPDX-License-Identifier: BSD-3-Clause
#include "node_register.hpp"

#include <cstdint>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/coordinator/start_limit.hpp>
#include <erlrc/site/register.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/site/start_rule.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/group.hpp>
#include <erlrc/sys/user.hpp>

namespace erlrc {
namespace {

const std::string tool = "erlrc-node";

/// How long a node that is being registered has to answer.
constexpr milliseconds patience{5'000};

std::optional<std::uint16_t> port_option(const std::optional<std::string>& text, const std::string& option) {
  if (!text) return std::nullopt;
  const auto port = parse_port(*text);
  if (!port) throw UsageError(option + ": expected a number from 1 to 65535, got " + printable(*text));
  return port;
}

std::variant<Cookie, CookieFile> cookie_of(const RegisterOptions& options) {
  const auto& path = options.cookie_file ? options.cookie_file : options.copy_cookie;
  if (!path) return parse_cookie(read_standard_input(), "standard input");
  if (path->empty()) throw UsageError("the cookie file name is empty");
  if (options.cookie_file) return CookieFile{absolute_path(*path)};
  return parse_cookie(read_secret_file(*path), *path);
}

/// A file of TLS is read by root later, so its path is complete.
std::string tls_path(const std::optional<std::string>& path, const std::string& option) {
  if (!path) return {};
  if (path->empty()) throw UsageError(option + ": is empty");
  const std::string complete = absolute_path(*path).string();
  if (!is_visible_file(complete)) throw UsageError(option + ": " + printable(complete) + ": no such file");
  return complete;
}

std::optional<TlsSettings> tls_of(const RegisterOptions& options) {
  if (options.tls_key && !options.tls_certificate) throw UsageError("--tls-key: only with --tls-certificate");
  TlsSettings tls{tls_path(options.tls_ca, "--tls-ca"), options.tls_name.value_or(""),
                  tls_path(options.tls_certificate, "--tls-certificate"),
                  tls_path(options.tls_key, "--tls-key")};
  return options.tls || tls != TlsSettings{} ? std::optional(std::move(tls)) : std::nullopt;
}

NodeRegistration registration_of(const std::string& name, const RegisterOptions& options) {
  NodeRegistration node{parse_node_name(name), Cookie(""), port_option(options.port, "--port"),
                        port_option(options.epmd_port, "--epmd-port"), std::nullopt};
  node.start = options.start ? parse_start_rule(*options.start, "--start")
                             : StartRule{StartRule::Kind::running, {}};  // until the node has answered
  if (options.group) node.group = find_group(*options.group);
  node.cookie = cookie_of(options);
  node.user = options.user;
  if (options.user) find_user(*options.user);
  // A copied cookie no longer shows whose it is.
  if (!options.user && options.copy_cookie) node.user = owner_besides_root(*options.copy_cookie);
  node.address = options.address;
  node.network = options.network;
  node.tls = tls_of(options);
  return node;
}

}  // namespace

int register_one(const std::string& name, const RegisterOptions& options, Streams& streams) {
  NodeRegistration node = registration_of(name, options);
  register_node(erlrc_root(), node);
  if (options.start) {
    const std::string problem = try_entry(erlrc_root(), node.name, after(patience));
    streams.out +=
        tool + ": (" + name + ") registered" + (problem.empty() ? "" : ", but: " + one_line(problem)) + "\n";
    return 0;
  }
  const StartRuleFound found = find_start_rule(erlrc_root(), node.name, after(patience));
  node.start = found.rule;
  register_node(erlrc_root(), node);
  streams.out += fmt::format("{}: ({}) registered with start = {}: {}\n", tool, name, to_string(found.rule),
                             one_line(found.why));
  return 0;
}

void add_register_options(CLI::App& command, RegisterOptions& options) {
  auto* file =
      command
          .add_option("--cookie-file", options.cookie_file, "The file that contains the cookie from now on")
          ->type_name("FILE");
  command.add_option("--copy-cookie", options.copy_cookie, "Copy the cookie from this file")
      ->type_name("FILE")
      ->excludes(file);
  command.add_option("--group", options.group, "Group that may read the entry")->type_name("GROUP");
  command.add_option("--user", options.user, "User that runs the node")->type_name("USER");
  command.add_option("--port", options.port, "The port of the node itself, if epmd does not know it")
      ->type_name("PORT");
  command.add_option("--epmd-port", options.epmd_port, "The port of its epmd")->type_name("PORT");
  command
      .add_option("--start", options.start,
                  "What packages may start there: all, running, none, or applications")
      ->type_name("APPS");
  command.add_option("--address", options.address, "The only address on which the node listens")
      ->type_name("ADDRESS");
  command.add_option("--network", options.network, "The network namespace of the node and its epmd")
      ->type_name("NAME");
  command.add_flag("--tls", options.tls, "The node speaks TLS; the other options for TLS imply this");
  command.add_option("--tls-ca", options.tls_ca, "Certificates, one of which must have signed the node's")
      ->type_name("FILE");
  command.add_option("--tls-name", options.tls_name, "Name that the node's certificate must have")
      ->type_name("HOST");
  command.add_option("--tls-certificate", options.tls_certificate, "Our certificate, if the node wants one")
      ->type_name("FILE");
  command.add_option("--tls-key", options.tls_key, "Its key, if it is in a file of its own")
      ->type_name("FILE");
}

}  // namespace erlrc
