// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/bytes.hpp>

// A BEAM file is an IFF form: "FOR1", a length, "BEAM", then chunks of an identifier, a length, and data
// padded to a multiple of four. The file, and some chunks, may be compressed.

namespace erlrc {

class Chunks {
public:
  // Keeps views into `file`.
  explicit Chunks(BytesView file);

  std::optional<BytesView> find(std::string_view id) const;
  BytesView get(std::string_view id) const;

private:
  std::vector<std::pair<BytesView, BytesView>> all_;
};

}  // namespace erlrc
