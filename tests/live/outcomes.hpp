// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "lab.hpp"

// What start, stop, upgrade and downgrade print for a change, and what the node runs afterwards.

namespace erlrc::test {

inline Ran started(const std::string& word) {
  return {0, "erlrc-start: Starting " + word + "\n", ""};
}

inline Ran stopped(const std::string& word) {
  return {0, "erlrc-stop: Stopping " + word + "\n", ""};
}

inline Ran upgraded(const std::string& word) {
  return {0, "erlrc-upgrade: Upgrading " + word + "\n", ""};
}

inline Ran downgraded(const std::string& word) {
  return {0, "erlrc-downgrade: Downgrading " + word + "\n", ""};
}

inline Ran failed(const std::string& line) {
  return {1, "", line + "\n"};
}

/// The remark about modules that a shipped appup does not cover.
inline Ran leaving(Ran ran, const std::string& modules) {
  ran.out += "  remark: modules that differ and that the appup leaves as they are: " + modules + "\n";
  return ran;
}

/// The running and loaded applications of the tests, and their directories in the path.
inline std::string apps(Lab& lab) {
  return lab.ask(
      "Own = fun(Apps) -> lists:sort([{A, V} || {A, _, V} <- Apps, not lists:member(A, [kernel, stdlib, "
      "crypto])]) end,"
      "{Own(application:which_applications()), Own(application:loaded_applications()),"
      " [D || D <- code:get_path(), string:find(D, \"erlrc-test\") =/= nomatch,"
      "       string:find(D, \"/ebin\") =/= nomatch]}.");
}

}  // namespace erlrc::test
