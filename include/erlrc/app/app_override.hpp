// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include <erlrc/app/app_spec.hpp>

// Changes to the content of an .app file.

namespace erlrc {

/// Returns `spec` changed by `text`, the administrator's file: {application, Name, Changes}. Each change is
/// {Key, Change}: `{override, Value}` or any other value replaces the old one, `{merge, List}` adds the
/// elements that the list lacks, `{keymerge, List}` replaces
/// the tuples that have the same first element, and adds the others. Throws SyntaxError
/// for another shape or another application, and Error if the result is not a specification; both name
/// `file`.
AppSpec overridden(const AppSpec& spec, std::string_view text, const std::string& file);

/// Returns `spec` with `outer` in place of its dependency `dependency`: an included application does not run
/// by itself, so what needs it waits for the one that includes it.
AppSpec depending_on(AppSpec spec, const Atom& dependency, const Atom& outer);

}  // namespace erlrc
