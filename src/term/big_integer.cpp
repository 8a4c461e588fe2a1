// SPDX-License-Identifier: BSD-3-Clause
#include "big_integer.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace erlrc {
namespace {

constexpr std::size_t kMaxDecimalBytes = 4096;
constexpr std::uint32_t kChunk = 1'000'000'000;
constexpr std::size_t kChunkDigits = 9;

std::uint32_t digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
}

// limbs = limbs * factor + addend; the limbs are little endian.
void multiply_add(std::vector<std::uint32_t>& limbs, std::uint32_t factor, std::uint32_t addend) {
  std::uint64_t carry = addend;
  for (std::uint32_t& limb : limbs) {
    carry += std::uint64_t{limb} * factor;
    limb = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
}

// limbs = limbs / kChunk; returns the remainder.
std::uint32_t divide(std::vector<std::uint32_t>& limbs) {
  std::uint64_t remainder = 0;
  for (std::size_t i = limbs.size(); i-- > 0;) {
    remainder = remainder << 32 | limbs[i];
    limbs[i] = static_cast<std::uint32_t>(remainder / kChunk);
    remainder %= kChunk;
  }
  while (!limbs.empty() && limbs.back() == 0)
    limbs.pop_back();
  return static_cast<std::uint32_t>(remainder);
}

std::string hexadecimal(const Bytes& magnitude) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text = "16#";
  for (std::size_t i = magnitude.size(); i-- > 0;) {
    const auto byte = static_cast<std::uint8_t>(magnitude[i]);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string decimal(const Bytes& magnitude) {
  std::vector<std::uint32_t> limbs((magnitude.size() + 3) / 4);
  for (std::size_t i = 0; i < magnitude.size(); ++i)
    limbs[i / 4] |= std::uint32_t{static_cast<std::uint8_t>(magnitude[i])} << (8 * (i % 4));
  std::vector<std::uint32_t> chunks;
  while (!limbs.empty())
    chunks.push_back(divide(limbs));
  while (!chunks.empty() && chunks.back() == 0)
    chunks.pop_back();
  if (chunks.empty()) return "0";
  std::string text = std::to_string(chunks.back());
  for (std::size_t i = chunks.size() - 1; i-- > 0;) {
    const std::string digits = std::to_string(chunks[i]);
    text.append(kChunkDigits - digits.size(), '0').append(digits);
  }
  return text;
}

}  // namespace

Term integer_of_digits(std::string_view digits, int base) {
  std::vector<std::uint32_t> limbs;
  std::uint32_t factor = 1;
  std::uint32_t chunk = 0;
  for (char digit : digits) {
    chunk = chunk * static_cast<std::uint32_t>(base) + digit_value(digit);
    factor *= static_cast<std::uint32_t>(base);
    if (factor < kChunk / 36) continue;
    multiply_add(limbs, factor, chunk);
    factor = 1;
    chunk = 0;
  }
  multiply_add(limbs, factor, chunk);

  if (limbs.size() <= 2) {
    std::uint64_t value = 0;
    for (std::size_t i = limbs.size(); i-- > 0;)
      value = value << 32 | limbs[i];
    if (value <= std::numeric_limits<std::int64_t>::max()) return static_cast<std::int64_t>(value);
  }
  BigInteger made{false, {}};
  for (std::uint32_t limb : limbs)
    for (int shift = 0; shift < 32; shift += 8)
      made.magnitude.push_back(static_cast<char>(limb >> shift & 0xff));
  while (made.magnitude.back() == '\0')
    made.magnitude.pop_back();
  return made;
}

std::string digits_of_integer(const BigInteger& integer) {
  return (integer.negative ? "-" : "") + (integer.magnitude.size() > kMaxDecimalBytes
                                              ? hexadecimal(integer.magnitude)
                                              : decimal(integer.magnitude));
}

}  // namespace erlrc
