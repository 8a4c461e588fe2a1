// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <erlrc/transaction/relations.hpp>

namespace erlrc {

/// So many relations of one kind, or directories, are more than any package has.
inline constexpr std::size_t most_rpm_relations = std::size_t{1} << 18;

/// A relation of rpm; `op` is one of its operators, or empty.
Relation rpm_relation(std::string_view name, std::string_view op, std::string_view version);

}  // namespace erlrc
