// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include <erlrc/app/appup.hpp>

namespace erlrc {

/// The text of an .appup file with those entries of `made` at the end of its lists for whose versions it has
/// none; all else stays as the author wrote it. In a file of several terms the last one of the version that
/// `made` belongs to gets them. Throws SyntaxError as parse_appup does, and Error naming `file` for a version
/// in it that is no regular expression.
std::string extend_appup(std::string_view text, const std::string& file, const Appup& made);

}  // namespace erlrc
