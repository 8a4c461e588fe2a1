// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/md5.hpp>

namespace erlrc {

Md5::Md5() {
  ::MD5Init(&context_);
}

void Md5::add(BytesView bytes) {
  ::MD5Update(&context_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

Md5Digest Md5::digest() {
  Md5Digest digest{};
  ::MD5Final(digest.data(), &context_);
  return digest;
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
