// SPDX-License-Identifier: BSD-3-Clause
#include "chunks.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include <erlrc/base/error.hpp>

namespace erlrc {

Chunks::Chunks(BytesView file) {
  ByteReader reader(file);
  if (file.empty()) throw Error("empty");
  if (!file.starts_with("FOR1")) throw Error("not a BEAM file");
  reader.take(4);
  ByteReader form(reader.take(reader.u32()));
  if (form.take(4) != "BEAM") throw Error("not a BEAM file");
  while (!form.empty()) {
    BytesView id = form.take(4);
    std::uint32_t size = form.u32();
    all_.emplace_back(id, form.take(size));
    form.take(std::min<std::size_t>(form.left(), (4 - size % 4) % 4));
  }
}

std::optional<BytesView> Chunks::find(std::string_view id) const {
  for (const auto& [name, data] : all_)
    if (name == id) return data;
  return std::nullopt;
}

BytesView Chunks::get(std::string_view id) const {
  if (auto data = find(id)) return *data;
  throw Error("no " + std::string(id) + " chunk");
}

}  // namespace erlrc
