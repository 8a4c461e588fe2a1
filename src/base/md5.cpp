// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/md5.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace erlrc {
namespace {

// floor(2^32 * abs(sin(i + 1))), RFC 1321 section 3.4.
constexpr std::array<std::uint32_t, 64> kSines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr std::array<std::array<int, 4>, 4> kShifts{
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

std::uint32_t little_endian(const char* data) {
  std::uint32_t value = 0;
  std::memcpy(&value, data, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap32(value);
  return value;
}

using Words = std::array<std::uint32_t, 16>;

/// One of the 64 operations on a block. The four words of the state take turns in being the one that changes.
template <std::size_t I>
void operation(std::array<std::uint32_t, 4>& state, const Words& words) {
  std::uint32_t& a = state[(64 - I) % 4];
  const std::uint32_t b = state[(65 - I) % 4];
  const std::uint32_t c = state[(66 - I) % 4];
  const std::uint32_t d = state[(67 - I) % 4];
  std::uint32_t mixed = 0;
  std::size_t word = 0;
  if constexpr (I / 16 == 0) {
    mixed = d ^ (b & (c ^ d)), word = I;
  } else if constexpr (I / 16 == 1) {
    mixed = c ^ (d & (b ^ c)), word = (5 * I + 1) % 16;
  } else if constexpr (I / 16 == 2) {
    mixed = b ^ c ^ d, word = (3 * I + 5) % 16;
  } else {
    mixed = c ^ (b | ~d), word = (7 * I) % 16;
  }
  a = b + std::rotl(a + mixed + kSines[I] + words[word], kShifts[I / 16][I % 4]);
}

}  // namespace

// Unrolled, which makes it a third faster: most of the time of reading modules is spent here.
void Md5::block(const char* data) {
  Words words;
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = little_endian(data + 4 * i);
  auto mixed = state_;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (operation<I>(mixed, words), ...);
  }
  (std::make_index_sequence<64>{});
  for (std::size_t i = 0; i < mixed.size(); ++i)
    state_[i] += mixed[i];
}

void Md5::add(BytesView bytes) {
  std::size_t filled = length_ % pending_.size();
  length_ += bytes.size();
  if (filled > 0) {
    const std::size_t taken = std::min(bytes.size(), pending_.size() - filled);
    if (taken > 0) std::memcpy(pending_.data() + filled, bytes.data(), taken);
    bytes.remove_prefix(taken);
    filled += taken;
    if (filled < pending_.size()) return;
    block(pending_.data());
  }
  for (; bytes.size() >= pending_.size(); bytes.remove_prefix(pending_.size()))
    block(bytes.data());
  if (!bytes.empty()) std::memcpy(pending_.data(), bytes.data(), bytes.size());
}

Md5Digest Md5::digest() {
  const std::uint64_t bits = length_ * 8;
  Bytes padding(1 + (119 - length_ % 64) % 64, '\0');
  padding[0] = '\x80';
  for (int shift = 0; shift < 64; shift += 8)
    padding.push_back(static_cast<char>(bits >> shift & 0xff));
  add(padding);

  Md5Digest made;
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = static_cast<std::uint8_t>(state_[i / 4] >> (8 * (i % 4)) & 0xff);
  return made;
}

Md5Digest md5(BytesView bytes) {
  Md5 state;
  state.add(bytes);
  return state.digest();
}

Bytes to_bytes(const Md5Digest& digest) {
  return {digest.begin(), digest.end()};
}

}  // namespace erlrc
