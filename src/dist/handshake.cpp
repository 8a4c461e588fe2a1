// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/handshake.hpp>

#include <utility>

#include <erlrc/base/md5.hpp>
#include <erlrc/base/text.hpp>

namespace erlrc {
namespace {

/// No message is longer, even where its length has four bytes.
constexpr std::size_t longest_message = 0xffff;
constexpr const char* too_old = "the node is older than OTP 23";

/// The full name of a node, as it sends it.
std::string read_name(ByteReader& reader) {
  const std::uint16_t size = reader.u16();
  std::string name(reader.take(size));
  try {
    if (parse_node_name(name).host) return name;
  } catch (const UsageError&) {
    // reported below
  }
  throw ProtocolError("sends " + printable(name) + ", which is not the name of a node");
}

}  // namespace

Bytes cookie_digest(const Cookie& cookie, std::uint32_t challenge) {
  return to_bytes(md5(cookie.reveal() + std::to_string(challenge)));
}

Handshake::Handshake(Login login, Behind behind) : login_(std::move(login)), behind_(std::move(behind)) {
  send(ByteWriter()
           .u8('N')
           .u64(our_flags)
           .u32(0)  // our creation: the node gives us one
           .u16(static_cast<std::uint16_t>(login_.host.size()))
           .bytes(login_.host)
           .take());
}

std::optional<Peer> Handshake::next() {
  return failure_.guard([this]() -> std::optional<Peer> {
    if (state_ == State::reported) return std::nullopt;
    while (state_ != State::complete) {
      const auto message = take_message();
      if (!message && closed_) explain_close();
      if (!message) return std::nullopt;
      read(*message);
    }
    state_ = State::reported;
    return peer_;
  });
}

/// Messages of a handshake have their length before them.
std::optional<Bytes> Handshake::take_message() {
  expect_tag();
  if (received_.size() < length_size()) return std::nullopt;
  ByteReader reader(received_);
  const std::size_t size = login_.wide_lengths ? reader.u32() : reader.u16();
  if (size > longest_message) throw ProtocolError("announces a message of the handshake that is too long");
  if (reader.left() < size) return std::nullopt;
  Bytes message(reader.take(size));
  received_.erase(0, reader.position());
  if (message.empty()) throw ProtocolError("sends an empty message in the handshake");
  return message;
}

/// Checks the first byte of a message before the rest is there: the text of another kind of server would be
/// taken for the length of a long message, and we would wait for it.
void Handshake::expect_tag() const {
  if (received_.size() <= length_size()) return;
  const char tag = received_[length_size()];
  if (state_ == State::awaits_challenge && tag == 'n') throw ProtocolError(too_old);
  const char expected = state_ == State::awaits_status ? 's' : state_ == State::awaits_challenge ? 'N' : 'a';
  if (tag != expected)
    throw ProtocolError("answers " + printable(received_) +
                        ", which is not what a node sends in a handshake");
}

void Handshake::send(const Bytes& message) {
  ByteWriter framed;
  if (login_.wide_lengths) framed.u16(0);
  output_ += framed.u16(static_cast<std::uint16_t>(message.size())).bytes(message).take();
}

void Handshake::read(BytesView message) {
  switch (state_) {
    case State::awaits_status:
      return read_status(message);
    case State::awaits_challenge:
      return read_challenge(message);
    case State::awaits_ack:
      return read_ack(message);
    case State::complete:
    case State::reported:
      return;
  }
}

void Handshake::read_status(BytesView message) {
  ByteReader reader(message);
  reader.take(1);
  constexpr BytesView named = "named:";
  const BytesView status = message.substr(1);
  if (status == "not_allowed")
    throw ProtocolError(
        "the node does not allow us: net_kernel:allow/1 was called there, or it demands more of a "
        "peer than OTP 29 does (see its log)");
  if (status == "ok" || status == "ok_simultaneous") throw ProtocolError(too_old);
  if (!status.starts_with(named)) throw ProtocolError("the node refuses us with status " + printable(status));
  reader.take(named.size());
  peer_.own_name.name = read_name(reader);
  peer_.own_creation = reader.u32();
  state_ = State::awaits_challenge;
}

void Handshake::read_challenge(BytesView message) {
  ByteReader reader(message);
  reader.take(1);
  peer_.flags = reader.u64();
  const std::uint32_t challenge = reader.u32();
  reader.u32();  // the node's creation
  peer_.node = read_name(reader);
  expect_right_node();
  if ((peer_.flags & DFLAG_HANDSHAKE_23) == 0) throw ProtocolError(too_old);
  if ((peer_.flags & DFLAG_SPAWN) == 0) throw ProtocolError("the node cannot start processes for others");
  if (login_.before_answer) login_.before_answer(challenge);
  send(ByteWriter().u8('r').u32(login_.challenge).bytes(cookie_digest(login_.cookie, challenge)).take());
  if (behind_) output_ += behind_(peer_);
  state_ = State::awaits_ack;
}

void Handshake::expect_right_node() const {
  const NodeName name = parse_node_name(peer_.node);
  if (name.alive != login_.node.alive || (login_.node.host && name.host != login_.node.host))
    throw ProtocolError("the node there is " + peer_.node + ", not " + to_string(login_.node));
}

void Handshake::read_ack(BytesView message) {
  ByteReader reader(message);
  reader.take(1);
  if (reader.rest() != cookie_digest(login_.cookie, login_.challenge))
    throw ProtocolError("the node does not know the cookie itself: it is an impostor, or broken");
  state_ = State::complete;
}

void Handshake::explain_close() const {
  if (state_ == State::awaits_ack && received_.empty()) throw ProtocolError("cookie refused");
  if (state_ == State::awaits_status && received_.empty())
    throw ProtocolError(
        "closes the connection at our first message: not an Erlang node, a node that speaks TLS, or one "
        "older than OTP 23");
  throw ProtocolError("closes the connection in the middle of the handshake");
}

}  // namespace erlrc
