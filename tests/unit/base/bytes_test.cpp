// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/bytes.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("numbers are written and read with the most significant byte first") {
  const Bytes written =
      ByteWriter().u8(0xfe).u16(0x0102).u32(0x03040506).u64(0x0708090a0b0c0d0e).bytes("xyz").take();
  CHECK(written == "\xfe\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0exyz");

  ByteReader reader(written);
  CHECK(reader.u8() == 0xfe);
  CHECK(reader.u16() == 0x0102);
  CHECK(reader.peek() == 0x03);
  CHECK(reader.u32() == 0x03040506);
  CHECK(reader.position() == 7);
  CHECK(reader.u64() == 0x0708090a0b0c0d0e);
  CHECK(reader.left() == 3);
  CHECK(reader.rest() == "xyz");
  CHECK(reader.empty());
}

TEST_CASE("a signed number is read in two's complement") {
  CHECK(ByteReader(BytesView("\xff\xff\xff\xfe", 4)).i32() == -2);
}

TEST_CASE("a read past the end throws and consumes nothing") {
  ByteReader reader("abc");
  CHECK_THROWS_AS(reader.u32(), ShortRead);
  CHECK_THROWS_WITH(reader.take(4), "cut short: 4 bytes expected, 3 left");
  CHECK(reader.take(3) == "abc");
  CHECK_THROWS_AS(reader.peek(), ShortRead);
  CHECK(reader.take(0).empty());
}
