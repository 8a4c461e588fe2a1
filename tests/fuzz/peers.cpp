// SPDX-License-Identifier: BSD-3-Clause
// What a node, or whatever has taken its place, and epmd may send.
#include <erlrc/dist/epmd.hpp>
#include <erlrc/dist/handshake.hpp>
#include <erlrc/dist/link.hpp>
#include <erlrc/node/dist_rpc.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/node/rehearse.hpp>
#include <erlrc/node/run.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>

#include "fuzz.hpp"
#include "mirror.hpp"
#include "scripted_stream.hpp"

namespace erlrc::test {
namespace {

Login login() {
  return {parse_node_name("fake@localhost"), Cookie("secret"), 0x01020304};
}

/// A node whose messages are the terms of the input.
class Answers : public Rpc {
public:
  explicit Answers(BytesView input) : reader_(input) {}
  const std::string& node() const override { return name_; }
  void start(const Program&, const Term&) override {}
  Term receive(Deadline) override {
    if (reader_.empty()) throw ProtocolError("the node closed the connection");
    try {
      return decode_term(reader_, limits_for_peers);
    } catch (const ShortRead& error) {
      throw ProtocolError(error.what());
    }
  }
  void send(const Term&) override {}

private:
  std::string name_ = "fake@localhost";
  ByteReader reader_;
};

}  // namespace

void fuzz_handshake(BytesView input) {
  feed(Handshake(login()), input);
}

void fuzz_link(BytesView input) {
  feed(Link(), input);
}

/// A whole connection. The seeds have the digest of our challenge, so the other side is believed.
void fuzz_session(BytesView input) {
  auto stream = std::make_unique<ScriptedStream>([](BytesView) { return Bytes(); });
  stream->unread = Bytes(input);
  stream->closed = true;
  static const Bytes forms = encode_term(list()).substr(1);
  const Program program{"program", forms, {}};
  const Deadline until = after(milliseconds{60'000});
  unless_error([&] {
    DistRpc rpc(std::move(stream), login(), until);
    rpc.start(program, Atom{"argument"});
    rpc.send(Atom{"message"});
    for (int i = 0; i < 50; ++i)
      (void)rpc.receive(until);
    return 0;
  });
}

void fuzz_epmd(BytesView input) {
  feed(EpmdQuery("fake"), input);
  feed(EpmdNames(), input);
}

void fuzz_answers(BytesView input) {
  const Deadline until = after(milliseconds{60'000});
  Plan plan;
  plan.steps.emplace_back(AddPath{});
  unless_error([&] {
    Answers node(input);
    return observe(node, {}, until);
  });
  unless_error([&] {
    Answers node(input);
    const Outcome outcome = run(node, plan, Commit::on_verdict, until);
    if (!outcome.is_done()) return 1;
    (void)conclude(node, outcome, Verdict::roll_back, until);
    return 0;
  });
  unless_error([&] {
    Answers node(input);
    return rehearse(node, plan, until);
  });
}

}  // namespace erlrc::test
