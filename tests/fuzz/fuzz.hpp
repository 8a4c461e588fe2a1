// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/error.hpp>

// What libFuzzer feeds with bytes: each target is a function that reads them as a part of erlrc would. An
// Error is an allowed result. A crash, any other exception, a claim that does not hold, a finding of a
// sanitizer, and an input that takes a second or 256 MB is a fault; the input becomes a seed, which the ctest
// fuzz.seeds reads with every build.

namespace erlrc::test {

struct FuzzTarget {
  std::string_view name;
  std::string_view seeds;  ///< a directory of tests/golden with more seeds, and how their names end
  std::string_view ending;
  std::size_t largest;  ///< no longer input is tried
  void (*run)(BytesView);
};

std::span<const FuzzTarget> fuzz_targets();

/// Fails unless `holds`.
inline void claim(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "not true: " << what << "\n";
  std::abort();
}

/// What `read` returns; nullopt if it throws an Error. That must have a message.
template <typename Read>
auto unless_error(Read&& read) -> std::optional<decltype(read())> {
  try {
    return std::forward<Read>(read)();
  } catch (const Error& error) {
    claim(!std::string_view(error.what()).empty(), "an Error has a message");
    return std::nullopt;
  }
}

/// Feeds a machine in pieces of a size that the input chooses, and takes at most some hundred events.
template <typename Machine>
void feed(Machine machine, BytesView input) {
  constexpr int most_events = 500;
  if (input.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  int events = 0;
  unless_error([&] {
    for (; !input.empty(); input.remove_prefix(std::min(piece, input.size()))) {
      machine.receive(input.substr(0, piece));
      while (machine.next() && events < most_events)
        ++events;
      (void)machine.take_output();
    }
    machine.close();
    while (machine.next() && events < most_events)
      ++events;
    return 0;
  });
}

// The targets, in files by their subject.
void fuzz_term(BytesView input);
void fuzz_text(BytesView input);
void fuzz_edit(BytesView input);
void fuzz_app(BytesView input);
void fuzz_appup(BytesView input);
void fuzz_beam(BytesView input);
void fuzz_code(BytesView input);
void fuzz_library(BytesView input);
void fuzz_handshake(BytesView input);
void fuzz_link(BytesView input);
void fuzz_session(BytesView input);
void fuzz_epmd(BytesView input);
void fuzz_answers(BytesView input);
void fuzz_entry(BytesView input);
void fuzz_hook(BytesView input);
void fuzz_member(BytesView input);
void fuzz_record(BytesView input);
void fuzz_rpm(BytesView input);
void fuzz_rpm_archive(BytesView input);
void fuzz_apt(BytesView input);
void fuzz_deb(BytesView input);
void fuzz_report(BytesView input);

}  // namespace erlrc::test
