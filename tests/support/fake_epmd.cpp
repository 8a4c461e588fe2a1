// SPDX-License-Identifier: BSD-3-Clause
#include "fake_epmd.hpp"

#include <map>

#include "mirror.hpp"

namespace erlrc::test {

namespace {

std::string alive(const FakeNodeOptions& options) {
  return options.name.substr(0, options.name.find('@'));
}

std::map<std::string, std::uint16_t> listed(const FakeNodeOptions& options, std::uint16_t node_port) {
  std::map<std::string, std::uint16_t> nodes = options.others;
  if (options.fault == Fault::unregistered) return nodes;
  nodes[alive(options)] = options.fault == Fault::names_outdated ? 1 : node_port;
  return nodes;
}

}  // namespace

std::optional<Bytes> answer_of_epmd(const FakeNodeOptions& options, const std::string& name,
                                    std::uint16_t own_port, std::uint16_t node_port) {
  const bool all = name.empty();
  const Fault fault = options.fault;
  if (fault == Fault::epmd_silent || (all && fault == Fault::names_silent)) return std::nullopt;
  if (fault == Fault::epmd_closes) return Bytes();
  if (fault == Fault::epmd_garbage || (all && fault == Fault::names_garbage)) return other_protocol;
  if (all) return epmd_names(own_port, listed(options, node_port));
  if (const auto other = options.others.find(name); other != options.others.end())
    return epmd_answer(name, other->second);
  if (name != alive(options) || fault == Fault::unregistered) return epmd_refusal();
  return epmd_answer(name, node_port, fault == Fault::registered_before_otp_23 ? 5 : 6);
}

}  // namespace erlrc::test
