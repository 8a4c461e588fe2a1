// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/link.hpp>

#include <string>
#include <utility>
#include <vector>

#include <erlrc/dist/names.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>

namespace erlrc {
namespace {

constexpr std::uint8_t pass_through = 112;
constexpr std::size_t length_size = 4;

/// Throws ProtocolError unless the control message is a tuple of `arity`.
const std::vector<Term>& elements(const Term& control, std::size_t arity) {
  const auto* found = as_tuple(control, arity);
  if (found == nullptr)
    throw ProtocolError("sends a control message that is not a tuple of " + std::to_string(arity) +
                        " elements");
  return *found;
}

const Reference& reference(const Term& term) {
  const auto* found = std::get_if<Reference>(&term.value);
  if (found == nullptr) throw ProtocolError("sends a control message without the reference it should have");
  return *found;
}

/// nullopt: it asks nothing of us.
std::optional<LinkEvent> read_packet(BytesView packet) {
  ByteReader reader(packet);
  if (reader.u8() != pass_through) throw ProtocolError("sends a packet of a kind that was not agreed on");
  const Term control = decode_term(reader, limits_for_peers);
  const auto* all = as_tuple(control);
  const auto operation = all != nullptr && !all->empty() ? as_integer(all->front()) : std::nullopt;
  if (!operation) throw ProtocolError("sends a control message that names no operation");
  switch (*operation) {
    case SEND:
    case SEND_SENDER:
      elements(control, 3);
      return Delivered{decode_term(reader, limits_for_peers)};
    case REG_SEND:
      elements(control, 4);
      return Delivered{decode_term(reader, limits_for_peers)};
    case SPAWN_REPLY: {
      const auto& reply = elements(control, 5);
      return SpawnAnswer{reference(reply[1]), reply[4]};
    }
    case MONITOR_P: {
      const auto& monitor = elements(control, 4);
      return Monitored{monitor[1], monitor[2], reference(monitor[3])};
    }
    case MONITOR_P_EXIT: {
      const auto& exit = elements(control, 5);
      return Exited{reference(exit[3]), exit[4]};
    }
    case PAYLOAD_MONITOR_P_EXIT: {
      const auto& exit = elements(control, 4);
      return Exited{reference(exit[3]), decode_term(reader, limits_for_peers)};
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

Packet send_to(const Pid& to, const Term& message) {
  return {tuple(SEND, Atom{""}, to), encode_term(message)};
}

Packet no_such_process(const Monitored& asked) {
  return {tuple(MONITOR_P_EXIT, asked.process, asked.by, asked.monitor, Atom{"noproc"}), {}};
}

void Link::receive(BytesView bytes) {
  // Moving the rest to the front is rare: only when more than half of the bytes are already read.
  if (read_ > received_.size() / 2) {
    received_.erase(0, read_);
    read_ = 0;
  }
  received_ += bytes;
}

std::optional<LinkEvent> Link::next() {
  return failure_.guard([this]() -> std::optional<LinkEvent> {
    while (const auto packet = next_packet()) {
      if (packet->empty()) {
        output_.append(length_size, '\0');  // a tick is answered by a tick
      } else if (auto event = read_packet(*packet)) {
        return event;
      }
    }
    if (closed_) throw ProtocolError("the node closed the connection");
    return std::nullopt;
  });
}

std::optional<BytesView> Link::next_packet() {
  ByteReader reader(BytesView(received_).substr(read_));
  if (reader.left() < length_size) return std::nullopt;
  const std::uint32_t size = reader.u32();
  if (size > largest_packet) throw ProtocolError("announces a packet of " + std::to_string(size) + " bytes");
  if (reader.left() < size) return std::nullopt;
  const BytesView packet = reader.take(size);
  read_ += reader.position();
  return packet;
}

void Link::send(Packet packet) {
  const Bytes control = encode_term(packet.control);
  const std::size_t size = 1 + control.size() + packet.message.size();
  Bytes whole = std::move(packet.message);  // a large message is not copied
  whole.insert(0, ByteWriter().u32(static_cast<std::uint32_t>(size)).u8(pass_through).bytes(control).take());
  if (output_.empty()) {
    output_ = std::move(whole);
  } else {
    output_ += whole;
  }
}

}  // namespace erlrc
