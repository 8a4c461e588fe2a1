// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/epmd.hpp>

#include <erlrc/dist/names.hpp>

namespace erlrc {
namespace {

constexpr std::uint8_t PORT_PLEASE2_REQ = 122;
constexpr std::uint8_t PORT2_RESP = 119;
constexpr std::size_t refusal_size = 2;  // tag, result
constexpr std::size_t fixed_size = 12;  // tag, result, port, type, protocol, two versions, length of the name

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
    throw ProtocolError("answers " + printable(received_) + ", which is not what epmd says");
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
  if (found.port == 0) throw ProtocolError("says that the node listens on port 0");
  return EpmdAnswer{found};
}

}  // namespace erlrc
