// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include <erlrc/sys/unique_fd.hpp>

// Ports on loopback where fake nodes listen.

namespace erlrc::test {

struct Listener {
  UniqueFd fd;
  std::uint16_t port = 0;
};

/// Listens as that user; only root can listen as another one.
Listener listen_as(std::optional<std::uint32_t> user = {});

}  // namespace erlrc::test
