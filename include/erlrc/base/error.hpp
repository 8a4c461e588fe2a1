// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

// The errors of this program: "the world is wrong", described in one line that reads from the outside in.
// Expected outcomes are values, not errors. Errors are caught around each node and in main, nowhere else.

namespace erlrc {

/// Something is wrong outside of this program. `what()` is one line: lower case, no full stop, never a
/// cookie.
class Error : public std::runtime_error {
public:
  explicit Error(std::string message) : std::runtime_error(message), message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

  /// Puts `context: ` before the message; used by `within` only.
  void add_context(const std::string& context) { message_ = context + ": " + message_; }

private:
  std::string message_;
};

/// The caller's arguments are wrong; nothing was tried. Exit code 2.
class UsageError : public Error {
public:
  using Error::Error;
};

/// A place in a text file. Lines and columns count from 1; a column counts code points.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
  bool operator==(const Position&) const = default;
};

/// A text or binary file does not have the form it should have.
class SyntaxError : public Error {
public:
  /// Message: `FILE:LINE:COLUMN: MESSAGE`, where MESSAGE names what was found and what was expected.
  SyntaxError(const std::string& file, Position where, const std::string& message)
      : Error(file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": " + message),
        position(where) {}

  Position position;
};

/// The peer (epmd or a node) broke the protocol, or closed the connection.
class ProtocolError : public Error {
public:
  using Error::Error;
};

/// A system call failed.
class SystemError : public Error {
public:
  /// Message: `TRIED: text of errno`. `tried` names the object first: `/etc/erlrc.d/nodes: open`.
  SystemError(const std::string& tried, int errno_value);

  int code;  ///< the errno value
};

/// The line that reports `error`: the message of an Error; for any other exception, `tried` and its own text.
std::string message_of(const std::exception& error, const std::string& tried);

/// Runs `body` and puts `context: ` before the message of an Error that it throws.
template <typename Body>
decltype(auto) within(const std::string& context, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_context(context);
    throw;
  }
}

/// Makes a visitor out of lambdas: `std::visit(Overload{[](A) {..}, [](B) {..}}, variant)`.
template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overload(Cases...) -> Overload<Cases...>;

}  // namespace erlrc
