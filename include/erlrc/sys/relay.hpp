// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/base/bytes.hpp>
#include <erlrc/sys/deadline.hpp>

// A program between two connected sockets reads from and writes to both, whichever is ready.

namespace erlrc {

/// One of the two sockets; it must be non-blocking.
class RelayEnd {
public:
  explicit RelayEnd(int fd) : fd_(fd) {}

  /// Writes these bytes as soon as the other side takes them.
  void write(BytesView bytes);

  /// What has arrived; empty if nothing has.
  Bytes read();

  bool is_closed() const { return closed_; }  ///< the other side has sent its last byte, or is gone
  bool has_written() const { return unwritten_.empty(); }  ///< all of it, or it is in vain

private:
  friend void wait_for_either(RelayEnd& one, RelayEnd& other, Deadline until);
  short awaited(const RelayEnd& other) const;
  void flush();
  void give_up();

  int fd_;
  Bytes unwritten_;
  bool closed_ = false;
};

/// Waits until one of both can be read, or takes more of what is to be written, or `until` has passed. An end
/// is not read while the other one takes nothing.
void wait_for_either(RelayEnd& one, RelayEnd& other, Deadline until);

}  // namespace erlrc
