// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/socket_table.hpp>

#include <bit>

#include "catch.hpp"

using namespace erlrc;

namespace {

Endpoint ipv4(std::uint8_t last, std::uint16_t port) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, last}, port};
}

Endpoint ipv6(std::uint8_t last, std::uint16_t port) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}, port};
}

const Endpoint no_ipv4{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 0};

}  // namespace

TEST_CASE("the kernel's table of sockets is read") {
  if constexpr (std::endian::native != std::endian::little) return;  // addresses are words of the machine
  const char* head =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  CHECK(parse_tcp_table(std::string(head) +
                        "   0: 0200007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   107  "
                        "      0 1065 1 000000001c2f9532 100 0 0 10 0\n"
                        "   1: 0100007F:1F91 0100007F:C350 08 00000000:00000000 00:00000000 00000000     0  "
                        "      0 0 1 000000001c2f9532 100 0 0 10 0\n") ==
        std::vector<TcpSocket>{
            {ipv4(2, 8080), no_ipv4, true, 107, 1065},
            {ipv4(1, 8081), ipv4(1, 50000), false, 0, 0},
        });
  CHECK(parse_tcp_table(
            "   0: 00000000000000000000000001000000:1F90 0000000000000000FFFF00000100007F:C350 01 "
            "00000000:00000000 00:00000000 00000000  4711        0 77 1 000000001c2f9532 100 0 0 10 0\n") ==
        std::vector<TcpSocket>{{ipv6(1, 8080), ipv4(1, 50000), false, 4711, 77}});
}

TEST_CASE("lines of another form are skipped") {
  for (const char* line : {"", "x", "0: 0100007F:1F90", "0: 0100007G:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1",
                           "0: 0100007F:11F90 00000000:0000 0A 0:0 0:0 0 0 0 1",
                           "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 x 0 1"})
    CHECK(parse_tcp_table(line).empty());
}

TEST_CASE("IPv4 addresses are known among those of IPv6") {
  CHECK(ipv4(1, 1).is_ipv4());
  CHECK_FALSE(ipv6(1, 1).is_ipv4());
}
