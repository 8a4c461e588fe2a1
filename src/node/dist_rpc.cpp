// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/dist_rpc.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include <erlrc/dist/evaluation.hpp>
#include <erlrc/node/pump.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

/// What may come before an answer. A node sends a handful of other messages: late ones of an earlier program,
/// and monitors of processes that knew a client whose name we have now.
constexpr std::size_t most_others = 1000;
constexpr std::size_t most_bytes = 2 * Link::largest_packet;

/// The empty list in the external term format.
constexpr BytesView no_beam = "j";

}  // namespace

DistRpc::DistRpc(std::unique_ptr<ByteStream> stream, Login login, Deadline until, const ProgramCall* first)
    : stream_(std::move(stream)), writes_until_(until) {
  Handshake handshake(std::move(login), [&](const Peer& peer) {
    peer_ = peer;
    self_ = {peer_.own_name, 1, 0, peer_.own_creation};
    if (first != nullptr) request(first->program, first->argument);
    return link_.take_output();
  });
  pump(handshake, *stream_, until);
  link_.receive(handshake.take_rest());
}

void DistRpc::start(const Program& program, const Term& argument) {
  request(program, argument);
  flush();
}

/// Puts the request that starts the program into the output.
void DistRpc::request(const Program& program, const Term& argument) {
  name_ = program.name;
  // Before OTP 24, only 18 bits of the first word of a reference count; the second word has the rest.
  const std::uint32_t number = ++programs_;
  current_ = {peer_.own_name, peer_.own_creation, {number & 0x3ffff, number >> 18, 0}};
  process_.reset();
  unsent_.clear();
  others_ = 0;
  running_ = true;
  EncodedBindings encoded;
  if (!program.functions.empty()) {
    encoded.emplace_back("Functions", program.functions);
    encoded.emplace_back("Beam", program.beam.empty() ? no_beam : program.beam);
  }
  link_.send(evaluation_request(current_, self_, program.forms, encoded,
                                {{"Argument", argument}, {"Client", self_}, {"Ref", current_}}));
}

Term DistRpc::receive(Deadline until) {
  writes_until_ = std::max(writes_until_, until);
  return within(name_, [&] {
    if (!running_) throw Error("is not running");
    Term message = pump_until(link_, *stream_, until, most_bytes, [&](const LinkEvent& event) {
      auto mine = heard(event);
      if (!mine && ++others_ > most_others)
        throw ProtocolError("sends more than " + std::to_string(most_others) + " messages before its answer");
      return mine;
    });
    others_ = 0;
    return message;
  });
}

void DistRpc::send(const Term& message) {
  Term tagged = tuple(current_, message);
  if (process_) {
    link_.send(send_to(*process_, tagged));
    flush();
  } else {
    unsent_.push_back(std::move(tagged));
  }
}

/// The message that the event brings, if it brings one from the program that runs. Throws Error if the event
/// is the end of that program.
std::optional<Term> DistRpc::heard(const LinkEvent& event) {
  return std::visit(Overload{
                        [&](const Delivered& delivered) -> std::optional<Term> {
                          const auto* pair = as_tuple(delivered.message, 2);
                          if (pair == nullptr || pair->front() != Term(current_)) return std::nullopt;
                          return pair->back();
                        },
                        [&](const SpawnAnswer& answer) -> std::optional<Term> {
                          if (answer.request != current_) return std::nullopt;
                          if (const auto* process = std::get_if<Pid>(&answer.result.value)) {
                            process_ = *process;
                            for (const Term& message : std::exchange(unsent_, {}))
                              link_.send(send_to(*process_, message));
                            return std::nullopt;
                          }
                          running_ = false;
                          throw Error("cannot be started: " + print_term(answer.result));
                        },
                        [&](const Exited& exited) -> std::optional<Term> {
                          if (exited.monitor != current_) return std::nullopt;
                          running_ = false;
                          if (is_atom(exited.reason, "normal")) throw Error("ended without an answer");
                          throw Error("ended: " + print_term(exited.reason));
                        },
                        // Newer nodes give the name of a client that left to the next client. A process that
                        // still waits for the first must not wait for this one.
                        [&](const Monitored& monitored) -> std::optional<Term> {
                          if (monitored.process != Term(self_)) link_.send(no_such_process(monitored));
                          return std::nullopt;
                        },
                    },
                    event);
}

void DistRpc::flush() {
  if (const Bytes out = link_.take_output(); !out.empty()) stream_->write_all(out, writes_until_);
}

}  // namespace erlrc
