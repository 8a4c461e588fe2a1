// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdexcept>
#include <utility>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/error.hpp>

#include "instructions.hpp"

namespace erlrc {

// What `read` makes of a module, or `otherwise` if it meets what is not understood: code of a later OTP, or
// no code at all.
template <typename Value, typename Read>
Value understood_or(Value otherwise, Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const Unreadable&) {
    return otherwise;
  } catch (const ShortRead&) {
    return otherwise;
  } catch (const Error&) {
    return otherwise;
  } catch (const std::out_of_range&) {
    return otherwise;
  }
}

}  // namespace erlrc
