// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/pump.hpp>

#include <cstdint>

#include <erlrc/dist/link.hpp>
#include <erlrc/term/etf.hpp>

#include "catch.hpp"
#include "mirror.hpp"
#include "scripted_stream.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

const Pid us{Atom{"1Q2W3E@localhost"}, 1, 0, 7};

Bytes message(const Term& term) {
  return wire({tuple(SEND, Atom{""}, us), encode_term(term)});
}

/// Returns bytes in pieces like a socket, and records what is written between them.
class PieceStream : public ByteStream {
public:
  explicit PieceStream(std::vector<Bytes> pieces) : pieces_(std::move(pieces)) {}
  Bytes read_some(Deadline) override {
    log.emplace_back("read");
    if (next_ == pieces_.size()) throw TimedOut();
    return pieces_[next_++];
  }
  void write_all(BytesView bytes, Deadline) override {
    log.emplace_back("write " + std::to_string(bytes.size()));
  }

  std::vector<std::string> log;

private:
  std::vector<Bytes> pieces_;
  std::size_t next_ = 0;
};

}  // namespace

TEST_CASE("pending output of the machine is written before any wait") {
  Link link;
  link.send({tuple(1), {}});
  PieceStream stream({Bytes(4, '\0'), message(42)});
  CHECK(pump(link, stream, Deadline::max()) == LinkEvent(Delivered{42}));
  CHECK(stream.log == std::vector<std::string>{"write 10", "read", "write 4", "read"});
}

TEST_CASE("an event that is already available needs no read") {
  Link link(message(1) + message(2));
  PieceStream stream({});
  CHECK(pump(link, stream, Deadline::max()) == LinkEvent(Delivered{1}));
  CHECK(pump(link, stream, Deadline::max()) == LinkEvent(Delivered{2}));
  CHECK(stream.log.empty());
  CHECK_THROWS_AS(pump(link, stream, Deadline::max()), TimedOut);
}

TEST_CASE("no bytes mean that the peer has closed, which the machine explains") {
  Link link;
  PieceStream stream({message(1).substr(0, 5), Bytes()});
  CHECK_THROWS_WITH(pump(link, stream, Deadline::max()), "the node closed the connection");
}

namespace {

/// A peer that always has the same bytes to be read.
class Chatter : public ByteStream {
public:
  explicit Chatter(Bytes again) : again_(std::move(again)) {}
  Bytes read_some(Deadline) override {
    ++reads;
    return again_;
  }
  void write_all(BytesView, Deadline) override {}
  int reads = 0;

private:
  Bytes again_;
};

std::optional<int> nothing_of(const LinkEvent&) {
  return std::nullopt;
}

}  // namespace

TEST_CASE("a peer that never stops sending is read only until the deadline") {
  const Bytes again = GENERATE(Bytes(4, '\0'), message(1));
  Chatter stream(again);
  Link link;
  CHECK_THROWS_AS(pump_until(link, stream, after(milliseconds{20}), SIZE_MAX, nothing_of), TimedOut);
  CHECK(stream.reads > 1);
}

TEST_CASE("what arrived before the deadline is read even after it, once") {
  Chatter stream(message(1) + message(2));
  Link link;
  int seen = 0;
  const auto count = [&](const LinkEvent&) {
    ++seen;
    return std::optional<int>();
  };
  CHECK_THROWS_AS(pump_until(link, stream, after(milliseconds{0}), SIZE_MAX, count), TimedOut);
  CHECK(stream.reads == 1);
  CHECK(seen == 2);
}

TEST_CASE("a peer may send only so many bytes before what is waited for") {
  Chatter stream(Bytes(4, '\0'));
  Link link;
  CHECK_THROWS_WITH(pump_until(link, stream, Deadline::max(), 40, nothing_of),
                    "sends more than 40 bytes before its answer");
  CHECK(stream.reads == 11);
}
