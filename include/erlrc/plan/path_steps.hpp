// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <erlrc/plan/step_parts.hpp>

// Steps that change the code path (src/erlang/runner/erlrc_path_steps.erl).

namespace erlrc {

/// `ebin` to the front of the code path.
struct AddPath {
  static constexpr std::string_view name = "add_path";
  std::string ebin;
  std::vector<Term> args() const { return parts::terms(string(ebin)); }
  std::string text() const { return "put " + ebin + " in front of the code path"; }
  bool operator==(const AddPath&) const = default;
};

/// `to` where `from` is in the code path; to the front if `from` is not there. Other names of `from` in the
/// path, such as symbolic links, give way to the same names of `to`, or go.
struct ReplacePath {
  static constexpr std::string_view name = "replace_path";
  std::string from;
  std::string to;
  std::vector<Term> args() const { return parts::terms(string(from), string(to)); }
  std::string text() const { return "put " + to + " into the code path in place of " + from; }
  bool operator==(const ReplacePath&) const = default;
};

/// `ebin` out of the code path, with its other names.
struct RemovePath {
  static constexpr std::string_view name = "remove_path";
  std::string ebin;
  std::vector<Term> args() const { return parts::terms(string(ebin)); }
  std::string text() const { return "take " + ebin + " out of the code path"; }
  bool operator==(const RemovePath&) const = default;
};

struct PathSteps {
  static constexpr std::string_view family = "paths";
  using Kinds = std::variant<AddPath, ReplacePath, RemovePath>;
};

}  // namespace erlrc
