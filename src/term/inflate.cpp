// SPDX-License-Identifier: BSD-3-Clause
#include "inflate.hpp"

#include <zlib.h>

#include <limits>
#include <string>

#include <erlrc/base/error.hpp>

#include "etf_parts.hpp"

namespace erlrc::etf {
namespace {

constexpr std::size_t kMaxInflated = std::size_t{64} << 20;

}  // namespace

Bytes inflate(ByteReader& in) {
  const std::size_t size = in.u32();
  // Deflate never compresses by more than 1032 to 1.
  if (size > kMaxInflated || size / 1032 > in.left())
    refuse("compressed term of " + std::to_string(size) + " bytes");

  struct Stream : z_stream {
    Stream() : z_stream{} {
      if (inflateInit(this) != Z_OK) throw Error("zlib: cannot start");
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() { inflateEnd(this); }
  } stream;

  ByteReader ahead = in;
  const BytesView compressed = ahead.rest().substr(0, std::numeric_limits<uInt>::max());
  Bytes out(size + 1, '\0');  // one byte more than announced, to detect excess data
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (::inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.total_out != size)
    refuse("compressed term that does not inflate to its " + std::to_string(size) + " bytes");
  in.take(stream.total_in);
  out.resize(size);
  return out;
}

}  // namespace erlrc::etf
