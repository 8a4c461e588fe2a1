// SPDX-License-Identifier: BSD-3-Clause
#include "module_chunks.hpp"

#include <cstddef>
#include <string>

#include <erlrc/base/error.hpp>
#include <erlrc/beam/inflate.hpp>

namespace erlrc {
namespace {

// No real module has so many, each of which takes much more memory than in the file.
constexpr std::size_t kMostAtoms = std::size_t{1} << 20;

std::size_t compact_length(ByteReader& reader) {
  std::uint8_t first = reader.u8();
  if ((first & 0x08) == 0) return first >> 4;
  if ((first & 0x10) != 0) throw Error("found an atom of 2048 bytes or more");
  return std::size_t{first & 0xe0u} << 3 | reader.u8();
}

std::string from_latin1(BytesView bytes) {
  std::string utf8;
  for (char byte : bytes) {
    auto code = static_cast<std::uint8_t>(byte);
    if (code >= 0x80) utf8 += static_cast<char>(0xc0 | code >> 6);
    utf8 += static_cast<char>(code < 0x80 ? code : 0x80 | (code & 0x3f));
  }
  return utf8;
}

}  // namespace

AtomTable::AtomTable(const Chunks& chunks) {
  if (auto utf8 = chunks.find("AtU8")) {
    read_chunk("AtU8", *utf8, [&](BytesView data) { read(ByteReader(data)); });
  } else if (auto latin1 = chunks.find("Atom")) {
    latin1_ = true;
    read_chunk("Atom", *latin1, [&](BytesView data) { read(ByteReader(data)); });
  } else {
    throw Error("no AtU8 chunk");
  }
  if (names_.empty()) throw Error("AtU8 chunk: no atoms");
}

Atom AtomTable::at(std::uint32_t index) const {
  if (index == 0 || index > names_.size())
    throw Error("atom " + std::to_string(index) + " is not in the file");
  return Atom{latin1_ ? from_latin1(names_[index - 1]) : std::string(names_[index - 1])};
}

// Since OTP 28 a negative count means that lengths are compact terms, so that they can exceed 255.
void AtomTable::read(ByteReader reader) {
  std::int64_t count = reader.i32();
  bool compact = count < 0;
  auto left = static_cast<std::uint64_t>(compact ? -count : count);
  if (left > reader.left()) throw ShortRead(static_cast<std::size_t>(left), reader.left());
  if (left > kMostAtoms) throw Error("found " + std::to_string(left) + " atoms");
  names_.reserve(static_cast<std::size_t>(left));
  for (; left > 0; --left)
    names_.push_back(reader.take(compact ? compact_length(reader) : reader.u8()));
}

Bytes literals(const Chunks& chunks) {
  auto data = chunks.find("LitT");
  if (!data) return {};
  return read_chunk("LitT", *data, [](BytesView bytes) {
    ByteReader reader(bytes);
    // The size of the inflated data; since OTP 28 it is 0 if the chunk is not compressed.
    return reader.u32() == 0 ? Bytes(reader.rest()) : inflate_all(reader.rest());
  });
}

std::vector<std::uint32_t> fun_labels(const Chunks& chunks) {
  std::vector<std::uint32_t> labels;
  auto data = chunks.find("FunT");
  if (!data) return labels;
  ByteReader reader(*data);
  for (std::uint32_t left = reader.u32(); left > 0 && !reader.empty(); --left) {
    reader.take(8);
    labels.push_back(reader.u32());
    reader.take(12);
  }
  return labels;
}

ShapeCode shape_code(const Chunks& chunks, const AtomTable& atoms, const Beam& beam) {
  return {chunks.get("Code"),
          [&atoms](std::uint32_t index) { return atoms.at(index); },
          beam.imports,
          literals(chunks),
          {beam.exports.begin(), beam.exports.end()},
          fun_labels(chunks),
          behaviours(beam)};
}

Bytes with_chunks(const Chunks& chunks, std::initializer_list<std::string_view> ids) {
  ByteWriter form;
  form.bytes("BEAM");
  for (const std::string_view id : ids)
    if (const auto data = chunks.find(id)) {
      form.bytes(id);
      form.u32(static_cast<std::uint32_t>(data->size()));
      form.bytes(*data);
      form.bytes(BytesView("\0\0\0", (4 - data->size() % 4) % 4));
    }
  ByteWriter file;
  file.bytes("FOR1").u32(static_cast<std::uint32_t>(form.size())).bytes(form.written());
  return file.take();
}

}  // namespace erlrc
