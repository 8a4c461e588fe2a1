// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/base/bytes.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// A connection to a peer, as the protocol machines need it. It is `virtual` so
/// that tests can put a scripted peer here.
class ByteStream {
public:
  virtual ~ByteStream() = default;

  /// Waits for bytes and returns those that have arrived. Empty: the peer closed or reset the connection.
  /// Throws TimedOut when `until` passes first, SystemError if the connection cannot be read.
  virtual Bytes read_some(Deadline until) = 0;

  /// Writes all of `bytes`, in one piece if the system takes it so. That the peer has closed the connection
  /// is not an error here: read_some still returns what it sent before, and then reports the end. Throws
  /// TimedOut and SystemError.
  virtual void write_all(BytesView bytes, Deadline until) = 0;
};

}  // namespace erlrc
