// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>

#include <erlrc/dist/machine.hpp>
#include <erlrc/sys/byte_stream.hpp>

namespace erlrc {

/// Moves bytes between a machine and its peer until the machine has an event: the only socket loop of this
/// program. What the machine has to say (an answer to a tick, the next message of a handshake) is written
/// before anything is waited for. A peer that never stops sending does not keep us longer than a
/// silent one. Throws what the machine throws, TimedOut and SystemError.
template <Machine M>
typename M::Event pump(M& machine, ByteStream& stream, Deadline until) {
  for (bool late = false;; late = left_until(until) == milliseconds{0}) {
    auto event = machine.next();
    if (const Bytes out = machine.take_output(); !out.empty()) stream.write_all(out, until);
    if (event) return *std::move(event);
    if (late) throw TimedOut();
    if (const Bytes in = stream.read_some(until); !in.empty()) {
      machine.receive(in);
    } else {
      machine.close();
    }
  }
}

}  // namespace erlrc
