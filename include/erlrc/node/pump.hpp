// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <erlrc/dist/machine.hpp>
#include <erlrc/sys/byte_stream.hpp>

namespace erlrc {

/// Moves bytes between a machine and its peer until `take` makes a value of an event: the only socket loop of
/// this program. What the machine has to say (an answer to a tick, the next message of a handshake) is
/// written before anything is waited for. A peer that never stops sending does not keep us longer than a
/// silent one, whether or not what it sends makes events: after `until`, what has arrived already is read
/// only once more. It may not send more than `most_bytes` before what is waited for (ProtocolError). Throws
/// what the machine and `take` throw, TimedOut and SystemError.
template <Machine M, typename Take>
auto pump_until(M& machine, ByteStream& stream, Deadline until, std::size_t most_bytes, Take take) {
  const auto write = [&] {
    if (const Bytes out = machine.take_output(); !out.empty()) stream.write_all(out, until);
  };
  std::size_t read = 0;
  for (bool late = false;; late = left_until(until) == milliseconds{0}) {
    while (auto event = machine.next())
      if (auto taken = take(*std::move(event))) {
        write();
        return *std::move(taken);
      }
    write();
    if (late) throw TimedOut();
    if (const Bytes in = stream.read_some(until); !in.empty()) {
      read += in.size();
      if (read > most_bytes)
        throw ProtocolError("sends more than " + std::to_string(most_bytes) + " bytes before its answer");
      machine.receive(in);
    } else {
      machine.close();
    }
  }
}

/// The next event, whatever it is. The machine itself must bound what it reads before it.
template <Machine M>
typename M::Event pump(M& machine, ByteStream& stream, Deadline until) {
  return pump_until(machine, stream, until, std::numeric_limits<std::size_t>::max(),
                    [](typename M::Event&& event) { return std::optional(std::move(event)); });
}

}  // namespace erlrc
