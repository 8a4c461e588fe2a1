// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include <erlrc/app/appup.hpp>

namespace erlrc {

/// Returns the text of an .appup file with entries of `made` added at the end of its lists, for versions that
/// have no entry; everything else stays as its author wrote it. In a file of several terms they are added to
/// the last term with the version of `made`. Throws SyntaxError like parse_appup, and Error naming `file` if
/// a version in it is not a valid regular expression.
std::string extend_appup(std::string_view text, const std::string& file, const Appup& made);

}  // namespace erlrc
