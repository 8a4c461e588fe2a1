// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/dist/handshake.hpp>
#include <erlrc/dist/link.hpp>
#include <erlrc/node/rpc.hpp>
#include <erlrc/sys/byte_stream.hpp>

namespace erlrc {

/// A node called over the distribution protocol. Each program runs under a reference of its own: what an
/// earlier one still sends is dropped, but a node that sends more than a thousand messages that are not the
/// answer breaks the protocol. The node's ticks are answered while something is received, so a
/// caller must not pause for longer than a node waits (45 s by default).
class DistRpc : public Rpc {
public:
  /// Logs in over `stream`, and starts `first` with that if it is given (see `connect`). Throws what
  /// Handshake throws, TimedOut and SystemError. `until` bounds the writes of `start` and `send` too, until a
  /// `receive` brings a later deadline.
  DistRpc(std::unique_ptr<ByteStream> stream, Login login, Deadline until,
          const ProgramCall* first = nullptr);

  const std::string& node() const override { return peer_.node; }
  void start(const Program& program, const Term& argument) override;
  Term receive(Deadline until) override;
  void send(const Term& message) override;

private:
  void request(const Program& program, const Term& argument);
  std::optional<Term> heard(const LinkEvent& event);
  void flush();

  std::unique_ptr<ByteStream> stream_;
  Peer peer_;
  Pid self_;
  Link link_;
  Deadline writes_until_;
  std::uint32_t programs_ = 0;  ///< how many were started
  std::string name_;            ///< of the program that was started last
  Reference current_;           ///< of the program that was started last
  bool running_ = false;        ///< it has not ended yet, as far as we know
  std::optional<Pid> process_;  ///< where it runs, once the node has said so
  std::vector<Term> unsent_;    ///< what is for it, until then
  std::size_t others_ = 0;      ///< what the node sent since its last message, or the start, besides
};

}  // namespace erlrc
