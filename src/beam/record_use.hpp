// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include <erlrc/base/bytes.hpp>

namespace erlrc {

/// Whether instructions access a record by its definition: those that fail with badrecord, or update one.
bool accesses_records(BytesView code_chunk);

/// Whether a Dbgi chunk, if there is one, holds the forms of its module.
bool holds_forms(const std::optional<BytesView>& dbgi_chunk);

}  // namespace erlrc
