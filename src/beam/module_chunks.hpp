// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/beam/beam.hpp>
#include <erlrc/term/term.hpp>

#include "chunks.hpp"
#include "read_shapes.hpp"

// What several readers of a module need of its chunks.

namespace erlrc {

// Runs `body` on a reader of the chunk; errors get the name of the chunk as context.
template <typename Body>
decltype(auto) read_chunk(std::string_view id, BytesView data, Body&& body) {
  return within(std::string(id) + " chunk", [&]() -> decltype(auto) {
    try {
      return body(data);
    } catch (const ShortRead& error) {
      throw Error(error.what());
    }
  });
}

class AtomTable {
public:
  // Keeps views into the file.
  explicit AtomTable(const Chunks& chunks);

  // Atoms are counted from 1.
  Atom at(std::uint32_t index) const;
  bool is(std::uint32_t index, std::string_view name) const {
    return index > 0 && index <= names_.size() && names_[index - 1] == name;
  }

private:
  void read(ByteReader reader);

  bool latin1_ = false;
  std::vector<BytesView> names_;
};

// The literals, inflated; empty for a module without.
Bytes literals(const Chunks& chunks);

// The labels of the funs that a module creates.
std::vector<std::uint32_t> fun_labels(const Chunks& chunks);

// Keeps references to all of them.
ShapeCode shape_code(const Chunks& chunks, const AtomTable& atoms, const Beam& beam);

// A BEAM file with those of the chunks that there are.
Bytes with_chunks(const Chunks& chunks, std::initializer_list<std::string_view> ids);

}  // namespace erlrc
