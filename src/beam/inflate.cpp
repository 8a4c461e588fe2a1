// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/inflate.hpp>

#include <algorithm>
#include <string>

#include <zlib.h>

#include <erlrc/base/error.hpp>

namespace erlrc {
namespace {

// What is inflated may be so many times larger, or so many bytes. Beams and their literals have a third of
// their size when they are compressed; more is a mistake or an attack.
constexpr std::size_t kMostTimes = 4;
constexpr std::size_t kMostInflated = std::size_t{32} << 20;

class Inflate {
public:
  Inflate() {
    constexpr int kGzipOrZlib = 32 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOrZlib) != Z_OK) throw Error("gzip: no memory");
  }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
  ~Inflate() { inflateEnd(&stream_); }

  Bytes all(BytesView compressed) {
    // zlib does not write through next_in; its type predates const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream_.avail_in = static_cast<uInt>(compressed.size());
    // More than this is seldom needed, and each byte is set to 0 before.
    constexpr std::size_t times = 4, least = 256;
    Bytes out;
    const std::size_t most = std::max(kMostInflated, kMostTimes * compressed.size());
    for (int status = Z_OK; status != Z_STREAM_END;) {
      std::size_t had = out.size();
      if (had > most) throw Error("larger than " + std::to_string(most) + " bytes when inflated");
      out.resize(std::min(had + std::max({had, times * compressed.size(), least}), most + 1));
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + had);
      stream_.avail_out = static_cast<uInt>(out.size() - had);
      status = inflate(&stream_, Z_NO_FLUSH);
      out.erase(out.size() - stream_.avail_out);
      if (status != Z_STREAM_END && (status != Z_OK || out.size() == had)) throw Error("broken gzip data");
    }
    return out;
  }

private:
  z_stream stream_{};
};

}  // namespace

bool is_gzip(BytesView bytes) {
  return bytes.starts_with("\x1f\x8b");
}

Bytes inflate_all(BytesView compressed) {
  return Inflate().all(compressed);
}

}  // namespace erlrc
