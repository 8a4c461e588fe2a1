// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/epmd.hpp>

#include <algorithm>
#include <utility>

#include <erlrc/base/text.hpp>

namespace erlrc {
namespace {

constexpr std::uint8_t PORT_PLEASE2_REQ = 122;
constexpr std::uint8_t PORT2_RESP = 119;
constexpr std::uint8_t NAMES_REQ = 110;
constexpr std::size_t refusal_size = 2;  // tag, result
constexpr std::size_t fixed_size = 12;  // tag, result, port, type, protocol, two versions, length of the name

/// A line is a name of at most 255 bytes (of characters, in UTF-8) and a port.
constexpr std::size_t longest_line = 2000;

constexpr std::string_view before_name = "name ";
constexpr std::string_view before_port = " at port ";

/// `name NAME at port PORT`
EpmdName parse_line(BytesView line) {
  const auto bad = [&] {
    return ProtocolError("lists " + printable(line) + ", which is not an answer of epmd");
  };
  const std::size_t end = line.rfind(before_port);
  if (!line.starts_with(before_name) || end == line.npos || end <= before_name.size()) throw bad();
  const auto port = parse_port(line.substr(end + before_port.size()));
  if (!port) throw bad();
  return {Bytes(line.substr(before_name.size(), end - before_name.size())), *port};
}

}  // namespace

EpmdQuery::EpmdQuery(std::string_view alive) : alive_(alive) {
  output_ =
      ByteWriter().u16(static_cast<std::uint16_t>(1 + alive.size())).u8(PORT_PLEASE2_REQ).bytes(alive).take();
}

std::optional<EpmdAnswer> EpmdQuery::next() {
  if (answered_) return std::nullopt;
  return failure_.guard([this] {
    auto answer = read_answer();
    answered_ = answer.has_value();
    if (!answer && closed_)
      throw ProtocolError(received_.empty() ? "closed the connection without an answer"
                                            : "closed the connection in the middle of its answer");
    return answer;
  });
}

std::optional<EpmdAnswer> EpmdQuery::read_answer() const {
  if (!received_.empty() && static_cast<std::uint8_t>(received_[0]) != PORT2_RESP)
    throw ProtocolError("answers " + printable(received_) + ", which is not an answer of epmd");
  if (received_.size() < refusal_size) return std::nullopt;
  ByteReader reader(received_);
  reader.take(1);
  if (reader.u8() != 0) return EpmdAnswer{};
  if (received_.size() < fixed_size) return std::nullopt;
  Registration found;
  found.port = reader.u16();
  reader.take(2);
  found.highest_version = reader.u16();
  reader.take(2);
  const std::uint16_t name_size = reader.u16();
  if (reader.left() < name_size) return std::nullopt;
  const BytesView name = reader.take(name_size);
  if (name != alive_)
    throw ProtocolError("answers for " + printable(name) + ", asked for " + printable(alive_));
  if (found.port == 0) throw ProtocolError("reports port 0 for the node");
  return EpmdAnswer{found};
}

EpmdNames::EpmdNames() : output_(ByteWriter().u16(1).u8(NAMES_REQ).take()) {}

std::optional<EpmdName> EpmdNames::next() {
  if (ended_) return std::nullopt;
  return failure_.guard([this]() -> std::optional<EpmdName> {
    if (auto line = read_line()) return line;
    if (!closed_) return std::nullopt;
    if (!greeted_ || !received_.empty())
      throw ProtocolError("closed the connection in the middle of its answer");
    ended_ = true;
    return EpmdName{};
  });
}

std::optional<EpmdName> EpmdNames::read_line() {
  if (!greeted_) {
    constexpr std::size_t port_size = 4;
    if (received_.size() < port_size) return std::nullopt;
    received_.erase(0, port_size);
    greeted_ = true;
  }
  const BytesView unread = BytesView(received_).substr(read_);
  const std::size_t end = unread.find('\n');
  if (std::min(end, unread.size()) > longest_line) throw ProtocolError("lists a name that is too long");
  if (end == unread.npos) {
    received_.erase(0, std::exchange(read_, 0));
    return std::nullopt;
  }
  read_ += end + 1;
  return parse_line(unread.substr(0, end));
}

}  // namespace erlrc
