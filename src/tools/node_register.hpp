// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <erlrc/report/streams.hpp>

// erlrc-node register.

namespace erlrc {

struct RegisterOptions {
  std::optional<std::string> cookie_file;
  std::optional<std::string> copy_cookie;
  std::optional<std::string> group;
  std::optional<std::string> user;
  std::optional<std::string> port;
  std::optional<std::string> epmd_port;
  std::optional<std::string> start;
  std::optional<std::string> address;
  std::optional<std::string> network;
  bool tls = false;
  std::optional<std::string> tls_ca;
  std::optional<std::string> tls_name;
  std::optional<std::string> tls_certificate;
  std::optional<std::string> tls_key;
};

void add_register_options(CLI::App& command, RegisterOptions& options);

int register_one(const std::string& name, const RegisterOptions& options, Streams& streams);

}  // namespace erlrc
