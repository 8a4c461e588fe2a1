// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/error.hpp>

#include "catch.hpp"

// Checks that every decoder and every protocol machine survives all input: the whole input, the input with
// bytes after it, cut at every length, one byte at a time, and with each byte changed. Allowed results are a
// value, "needs more" and an Error; any other exception, a crash or a finding of a sanitizer fails the test.
// Inputs may have any size: for a large one, the first 64 bytes and about 500 evenly spread places are
// tested.

namespace erlrc::test {

enum class Expect {
  kError,  ///< each variant of this kind must be refused
  kAny,    ///< a value or an Error
};

/// The expected result of a decoder for damaged input.
struct DecoderRules {
  Expect trailing = Expect::kError;  ///< a byte after the input
  Expect cut = Expect::kError;       ///< every proper front part of the input
};

namespace detail {

inline std::vector<std::size_t> places(std::size_t size) {
  constexpr std::size_t kFirst = 64;
  constexpr std::size_t kMost = 500;
  const std::size_t step = std::max<std::size_t>(1, size / kMost);
  std::vector<std::size_t> made;
  for (std::size_t at = 0; at < size; at += at < kFirst ? 1 : step)
    made.push_back(at);
  return made;
}

// Calls `visit(variant, what)` with `whole` changed in one byte, in several ways for each place. `what()`
// describes the change.
template <typename Visit>
void each_change(BytesView whole, Visit visit) {
  constexpr std::array<unsigned char, 3> kFlips{0x01, 0x80, 0xff};
  Bytes changed(whole);
  for (std::size_t at : places(whole.size())) {
    const char original = changed[at];
    for (unsigned char flip : kFlips) {
      changed[at] = static_cast<char>(original ^ flip);
      visit(changed, [&] { return "byte " + std::to_string(at) + " changed by " + std::to_string(flip); });
    }
    changed[at] = original;
  }
}

// Whether `body` returns a value (1) or throws an Error (0). Anything else fails the test.
template <typename What, typename Body>
bool ends_with_value(const What& what, Body&& body) {
  try {
    static_cast<void>(body());
    return true;
  } catch (const Error& error) {
    // Catch2 counts checks; one per variant would cost more than the decoding.
    if (std::string(error.what()).empty()) FAIL_CHECK(what() << ": an Error without a message");
  } catch (const std::exception& error) {
    FAIL_CHECK(what() << ": an exception that is not an Error: " << error.what());
  }
  return false;
}

template <typename Machine, typename Events>
void collect(Machine& machine, Events& events) {
  while (auto event = machine.next())
    events.push_back(*std::move(event));
}

}  // namespace detail

/// Checks a function of bytes (or text): `decode(BytesView)` returns a value or throws an Error.
template <typename Decode>
void check_decoder(BytesView whole, Decode decode, DecoderRules rules = {}) {
  CHECK(detail::ends_with_value([] { return "whole"; }, [&] { return decode(whole); }));

  if (detail::ends_with_value([] { return "with a byte after it"; },
                              [&] { return decode(Bytes(whole) + '\0'); }) &&
      rules.trailing == Expect::kError)
    FAIL_CHECK("accepted with a byte after it");

  for (std::size_t length : detail::places(whole.size())) {
    const auto what = [&] { return "cut to " + std::to_string(length) + " bytes"; };
    // A copy of exactly this size, so that a sanitizer sees every read beyond it.
    const std::vector<char> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    if (detail::ends_with_value(what, [&] { return decode(BytesView(part.data(), part.size())); }) &&
        rules.cut == Expect::kError)
      FAIL_CHECK("accepted when " << what());
  }

  detail::each_change(whole, [&](const Bytes& changed, const auto& what) {
    detail::ends_with_value(what, [&] { return decode(changed); });
  });
}

/// Checks a new protocol machine (`receive(BytesView)`, `take_output()`, `next() -> optional<Event>`) from
/// `make()`. Fed a byte at a time it must report the same events and the same output as when fed
/// `whole` at once, and with truncated input a prefix of both. `Event` needs `==`.
template <typename Make>
void check_machine(BytesView whole, Make make) {
  using Event = typename std::remove_cvref_t<decltype(make().next())>::value_type;
  struct Run {
    std::vector<Event> events;
    Bytes output;
  };
  const auto feed = [&](BytesView bytes, std::size_t piece) {
    auto machine = make();
    Run run;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      machine.receive(bytes.substr(0, piece));
      detail::collect(machine, run.events);
      run.output += machine.take_output();
    }
    return run;
  };
  const auto is_front = [](const auto& part, const auto& all) {
    return part.size() <= all.size() && std::equal(part.begin(), part.end(), all.begin());
  };

  const Run expected = feed(whole, std::max<std::size_t>(1, whole.size()));
  const Run bytewise = feed(whole, 1);
  CHECK(bytewise.events == expected.events);
  CHECK(bytewise.output == expected.output);

  for (std::size_t length : detail::places(whole.size())) {
    const Run cut = feed(whole.substr(0, length), std::max<std::size_t>(1, length));
    if (!is_front(cut.events, expected.events)) FAIL_CHECK("other events when cut to " << length << " bytes");
    if (!is_front(cut.output, expected.output)) FAIL_CHECK("other output when cut to " << length << " bytes");
  }

  detail::each_change(whole, [&](const Bytes& changed, const auto& what) {
    detail::ends_with_value(what, [&] { return feed(changed, std::max<std::size_t>(1, changed.size())); });
  });
}

}  // namespace erlrc::test
