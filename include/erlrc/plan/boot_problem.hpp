// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <erlrc/term/term.hpp>

// What keeps an application from being started when its node boots. The terms are those that the erlrc of
// 2008 answered, where it had one.

namespace erlrc {

/// Applications that need each other. Each needs, or includes, the next; the last needs the first.
struct CircularDependency {
  std::vector<Atom> cycle;
  bool operator==(const CircularDependency&) const = default;
};
/// `app` depends on `dependency`, which `by` includes, and the application controller will not see it run:
/// for `app` is `by` itself, or is loaded already, so its dependency cannot be changed to `by`.
struct DependencyIncluded {
  Atom app;
  Atom dependency;
  Atom by;
  bool operator==(const DependencyIncluded&) const = default;
};
/// Two applications include `app`, which would run twice.
struct DuplicateIncluded {
  Atom app;
  Atom one;
  Atom other;
  bool operator==(const DuplicateIncluded&) const = default;
};
/// No directory of the code path has its .app file.
struct AppFileMissing {
  Atom app;
  bool operator==(const AppFileMissing&) const = default;
};
/// A file of the application, on the code path or the administrator's, cannot be read or used.
struct AppFileBroken {
  Atom app;
  std::string file;
  std::string why;  ///< one line, which names the file
  bool operator==(const AppFileBroken&) const = default;
};
/// The administrator's file contains something other than a start type.
struct BadStartType {
  Atom app;
  std::string file;
  std::string found;
  bool operator==(const BadStartType&) const = default;
};
/// It needs others that cannot be started.
struct NotStarted {
  Atom app;
  std::vector<Atom> needs;
  bool operator==(const NotStarted&) const = default;
};

using BootProblem = std::variant<CircularDependency, DependencyIncluded, DuplicateIncluded, AppFileMissing,
                                 AppFileBroken, BadStartType, NotStarted>;

/// The applications that cannot be started because of it.
std::vector<Atom> concerned(const BootProblem& problem);

/// The reason as the node gets it, and as `erlrc_boot:boot/0` returns it.
Term to_term(const BootProblem& problem);

/// The text for the user: one line without a full stop.
std::string describe(const BootProblem& problem);

}  // namespace erlrc
