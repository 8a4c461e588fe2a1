// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <functional>

#include <erlrc/sys/byte_stream.hpp>

namespace erlrc::test {

/// A peer without a socket: `peer` gets written bytes and returns the bytes to be read next. When all have
/// been read, a read reaches its deadline at once or, after `closed`, reports that the peer has closed.
class ScriptedStream : public ByteStream {
public:
  explicit ScriptedStream(std::function<Bytes(BytesView)> peer) : peer_(std::move(peer)) {}

  Bytes read_some(Deadline) override {
    if (unread.empty() && !closed) throw TimedOut();
    return std::exchange(unread, {});
  }
  void write_all(BytesView bytes, Deadline) override { unread += peer_(bytes); }

  Bytes unread;
  bool closed = false;

private:
  std::function<Bytes(BytesView)> peer_;
};

}  // namespace erlrc::test
