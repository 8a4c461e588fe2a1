// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

#include <erlrc/transaction/control_member.hpp>

// What the packages that dpkg and rpm have installed declare of their applications.

namespace erlrc {

/// The control members of the installed packages, without those that cannot be read.
std::vector<ControlMember> installed_members();

/// Whether its file is where its package declares it.
bool is_installed(const PackagedApp& app);

/// The directories of the applications that are installed; the newest version, if several packages ship one.
std::map<Atom, std::string> declared_directories();

}  // namespace erlrc
