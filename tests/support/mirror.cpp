// SPDX-License-Identifier: BSD-3-Clause
#include "mirror.hpp"

#include <utility>
#include <vector>

#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc::test {
namespace {

void expect(bool holds, const std::string& what) {
  if (!holds) throw ProtocolError("the client " + what);
}

/// The next message after a length of `length_size` bytes; nullopt if it is incomplete.
std::optional<Bytes> take_message(Bytes& received, std::size_t length_size) {
  if (received.size() < length_size) return std::nullopt;
  ByteReader reader(received);
  const std::size_t size = length_size == 2 ? reader.u16() : reader.u32();
  if (reader.left() < size) return std::nullopt;
  Bytes message(reader.take(size));
  received.erase(0, reader.position());
  return message;
}

/// The value of a binding in an orddict.
const Term& binding(const Term& bindings, const std::string& name) {
  const Term* value = lookup(bindings, name);
  expect(value != nullptr, "binds no variable " + name);
  return *value;
}

/// {29, Id, From, GroupLeader, {erl_eval, exprs, 3}, [monitor]} and [Forms, Bindings, none]
Started read_spawn(const Term& control, ByteReader& reader) {
  const auto& request = *as_tuple(control);
  expect(request.size() == 6, "sends a SPAWN_REQUEST of another size");
  expect(request[4] == tuple(Atom{"erl_eval"}, Atom{"exprs"}, 3),
         "starts another function than erl_eval:exprs/3");
  expect(request[5] == list({Atom{"monitor"}}), "asks for other options than [monitor]");
  expect(request[2] == request[3], "names another group leader than itself");
  Started started{std::get<Reference>(request[1].value), std::get<Pid>(request[2].value), {}, {}, {}};
  const Term arguments = decode_term(reader);
  const auto* both = as_list(arguments);
  expect(both != nullptr && both->size() == 3, "gives erl_eval:exprs/3 other than three arguments");
  started.forms = encode_term(both->front()).substr(1);
  const Term& bindings = (*both)[1];
  expect(binding(bindings, "Ref") == Term(started.id), "binds Ref to another reference than the request's");
  expect(binding(bindings, "Client") == Term(started.client), "binds Client to another pid than its own");
  started.argument = binding(bindings, "Argument");
  std::vector<Term> dictionary{tuple(Atom{"Argument"}, started.argument)};
  const Term* functions = lookup(bindings, "Functions");
  const Term* beam = lookup(bindings, "Beam");
  expect((beam != nullptr) == (functions != nullptr), "binds but one of Functions and Beam");
  if (beam != nullptr) dictionary.push_back(tuple(Atom{"Beam"}, *beam));
  dictionary.push_back(tuple(Atom{"Client"}, started.client));
  if (functions != nullptr) {
    started.functions = encode_term(*functions).substr(1);
    dictionary.push_back(tuple(Atom{"Functions"}, *functions));
  }
  dictionary.push_back(tuple(Atom{"Ref"}, started.id));
  expect(bindings == list(std::move(dictionary)), "gives other bindings than these in this order");
  return started;
}

/// {2, '', To} and {Ref, Message}
Sent read_send(const Term& control, ByteReader& reader) {
  const auto& send = *as_tuple(control);
  expect(send.size() == 3, "sends a SEND of another size");
  const Term message = decode_term(reader);
  const auto* pair = as_tuple(message, 2);
  expect(pair != nullptr, "sends a message that is not {Ref, Message}");
  return {std::get<Pid>(send[2].value), std::get<Reference>(pair->front().value), pair->back()};
}

ServerLink::Event read_packet(BytesView packet) {
  if (packet.empty()) return Ticked{};
  ByteReader reader(packet);
  expect(reader.u8() == 112, "sends a packet that is not of the kind pass-through");
  const Term control = decode_term(reader);
  const auto* elements = as_tuple(control);
  expect(elements != nullptr && !elements->empty(), "sends a control message that is not a tuple");
  const auto operation = as_integer(elements->front());
  expect(operation == SPAWN_REQUEST || operation == SEND, "sends " + print_term(control));
  ServerLink::Event event;
  if (operation == SPAWN_REQUEST) {
    event = read_spawn(control, reader);
  } else {
    event = read_send(control, reader);
  }
  expect(reader.empty(), "sends bytes after a message");
  return event;
}

}  // namespace

std::optional<std::string> ServerEpmd::next() {
  auto request = take_message(received_, 2);
  if (!request) return std::nullopt;
  expect(received_.empty(), "asks epmd more than one question");
  if (*request == "n") return "";
  expect(request->starts_with('z') && request->size() > 1, "does not ask epmd for a port");
  return request->substr(1);
}

Bytes epmd_answer(const std::string& alive, std::uint16_t port, std::uint16_t highest_version) {
  return ByteWriter()
      .u8(119)
      .u8(0)
      .u16(port)
      .u8('M')
      .u8(0)
      .u16(highest_version)
      .u16(5)
      .u16(static_cast<std::uint16_t>(alive.size()))
      .bytes(alive)
      .u16(0)
      .take();
}

Bytes epmd_refusal() {
  return ByteWriter().u8(119).u8(1).take();
}

Bytes epmd_names(std::uint16_t epmd_port, const std::map<std::string, std::uint16_t>& nodes) {
  Bytes lines;
  for (const auto& [alive, port] : nodes)
    lines += "name " + alive + " at port " + std::to_string(port) + "\n";
  return ByteWriter().u32(epmd_port).bytes(lines).take();
}

std::optional<ClientLogin> ServerHandshake::next() {
  while (messages_ < 2) {
    const auto message = take_message(received_, 2);
    if (!message) return std::nullopt;
    ++messages_ == 1 ? read_name(*message) : read_reply(*message);
  }
  if (std::exchange(reported_, true)) return std::nullopt;
  return client_;
}

void ServerHandshake::send(const Bytes& message) {
  output_ += ByteWriter().u16(static_cast<std::uint16_t>(message.size())).bytes(message).take();
}

void ServerHandshake::read_name(BytesView message) {
  ByteReader reader(message);
  expect(reader.u8() == 'N', "does not send a name message of version 6");
  client_.flags = reader.u64();
  expect(reader.u32() == 0, "gives a creation, though it has no name");
  client_.host = reader.take(reader.u16());
  expect(reader.empty(), "sends bytes after its name");
  ByteWriter status;
  status.u8('s');
  if (login_.status) {
    status.bytes(*login_.status);
  } else {
    status.bytes("named:")
        .u16(static_cast<std::uint16_t>(login_.client_name.size()))
        .bytes(login_.client_name)
        .u32(login_.client_creation);
  }
  send(status.take());
  if (login_.old_challenge) {
    send(ByteWriter().u8('n').u16(5).u32(0x7499f).u32(login_.challenge).bytes(login_.name).take());
  } else {
    send(ByteWriter()
             .u8('N')
             .u64(login_.flags)
             .u32(login_.challenge)
             .u32(1)
             .u16(static_cast<std::uint16_t>(login_.name.size()))
             .bytes(login_.name)
             .take());
  }
}

void ServerHandshake::read_reply(BytesView message) {
  ByteReader reader(message);
  expect(reader.u8() == 'r', "does not reply to the challenge");
  const std::uint32_t challenge = reader.u32();
  client_.challenge = challenge;
  const Cookie cookie(login_.cookie);
  client_.knows_cookie = reader.rest() == cookie_digest(cookie, login_.challenge);
  if (!client_.knows_cookie) return;
  Bytes proof = cookie_digest(cookie, challenge);
  if (login_.wrong_proof) proof[7] = static_cast<char>(proof[7] ^ 1);
  send(ByteWriter().u8('a').bytes(proof).take());
}

std::optional<ServerLink::Event> ServerLink::next() {
  const auto packet = take_message(received_, 4);
  if (!packet) return std::nullopt;
  return read_packet(*packet);
}

void ServerLink::send(const Packet& packet) {
  output_ += wire(packet);
}

Bytes wire(const Packet& packet) {
  const Bytes body = ByteWriter().u8(112).bytes(encode_term(packet.control)).bytes(packet.message).take();
  return ByteWriter().u32(static_cast<std::uint32_t>(body.size())).bytes(body).take();
}

Packet spawn_reply(const Started& started, const Term& result) {
  return {tuple(SPAWN_REPLY, started.id, started.client, 0, result), {}};
}

Packet program_message(const Started& started, const Term& message) {
  return {tuple(SEND, Atom{""}, started.client), encode_term(tuple(started.id, message))};
}

Packet monitors(const Pid& process, const Started& started) {
  return {tuple(MONITOR_P, process, started.client, started.id), {}};
}

Packet exits(const Started& started, const Pid& process, const Term& reason) {
  return {tuple(PAYLOAD_MONITOR_P_EXIT, process, started.client, started.id), encode_term(reason)};
}

}  // namespace erlrc::test
