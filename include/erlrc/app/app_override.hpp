// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include <erlrc/app/app_spec.hpp>

// Changes to what an .app file says.

namespace erlrc {

/// `spec` with the administrator's file `text` merged over it, which is {application, Name, Changes}. Each
/// change is {Key, Change}: `{override, Value}` or any other value replaces, `{merge, List}` adds what is not
/// in the list yet, `{keymerge, List}` replaces by first element and adds. Throws SyntaxError for another
/// shape or another application, Error where what comes of it is no specification; both name `file`.
AppSpec overridden(const AppSpec& spec, std::string_view text, const std::string& file);

/// `spec` as one that depends on `outer` where it depended on `dependency`.
AppSpec depending_on(AppSpec spec, const Atom& dependency, const Atom& outer);

}  // namespace erlrc
