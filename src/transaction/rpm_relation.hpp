// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include <erlrc/transaction/relations.hpp>

namespace erlrc {

/// A relation of rpm; `op` is one of its operators, or empty.
Relation rpm_relation(std::string_view name, std::string_view op, std::string_view version);

}  // namespace erlrc
