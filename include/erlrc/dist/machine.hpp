// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/error.hpp>

// The shape of all protocols in this part: bytes in, events and bytes out, no socket and no clock. The loop
// that moves the bytes is in erlrc/node/pump.hpp.

namespace erlrc {

/// A protocol without IO. `next` throws ProtocolError when the peer breaks the protocol, and again in every
/// later call.
template <typename M>
concept Machine = requires(M machine, BytesView in) {
  { machine.receive(in) } -> std::same_as<void>;                         // bytes from the peer
  { machine.close() } -> std::same_as<void>;                             // the peer has sent its last byte
  { machine.next() } -> std::same_as<std::optional<typename M::Event>>;  // nullopt: needs more bytes
  { machine.take_output() } -> std::same_as<Bytes>;                      // bytes we owe the peer
};

/// Keeps a machine that failed failed: the first ProtocolError of a step is thrown by all later ones.
class FirstFailure {
public:
  template <typename Step>
  auto guard(Step&& step) {
    if (failure_) throw ProtocolError(*failure_);
    try {
      return std::forward<Step>(step)();
    } catch (const ShortRead& error) {
      failure_.emplace(std::string("broken message: ") + error.what());
    } catch (const ProtocolError& error) {
      failure_.emplace(error);
    }
    throw ProtocolError(*failure_);
  }

private:
  std::optional<ProtocolError> failure_;
};

}  // namespace erlrc
