// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/packet.hpp>

#include <unistd.h>

#include <array>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    source = UniqueFd(ends[0]);
    sink = UniqueFd(ends[1]);
  }
  UniqueFd source, sink;
};

}  // namespace

TEST_CASE("packets are read from a pipe as they were written, until its end") {
  Pipe pipe;
  write_packet(pipe.sink.get(), "one");
  write_packet(pipe.sink.get(), "");
  write_packet(pipe.sink.get(), Bytes(300, 'x'));
  pipe.sink = UniqueFd();
  CHECK(read_packet(pipe.source.get()) == Bytes("one"));
  CHECK(read_packet(pipe.source.get()) == Bytes());
  CHECK(read_packet(pipe.source.get()) == Bytes(300, 'x'));
  CHECK(read_packet(pipe.source.get()) == std::nullopt);
}

TEST_CASE("a packet begins with the number of its bytes, the most significant byte first") {
  CHECK(packet("abc") == Bytes("\0\0\0\3abc", 7));
  CHECK(packet(Bytes(258, 'x')).substr(0, 4) == Bytes("\0\0\1\2", 4));
}

TEST_CASE("a pipe that ends within a packet, or announces one that is too large, is an error") {
  const Bytes cut = GENERATE(Bytes("\0\0", 2), Bytes("\0\0\0\3ab", 6), Bytes("\4\0\0\1", 4));
  Pipe pipe;
  REQUIRE(::write(pipe.sink.get(), cut.data(), cut.size()) == static_cast<ssize_t>(cut.size()));
  pipe.sink = UniqueFd();
  CHECK_THROWS_AS(read_packet(pipe.source.get()), ProtocolError);
}
