// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/rpm_answer.hpp>

#include <algorithm>
#include <utility>

#include <erlrc/site/rpm.hpp>

namespace erlrc {

// Deferred: where no thread is to be had, rpm is asked when the answer is read.
RpmAnswer::RpmAnswer(std::set<std::string> packages, milliseconds timeout)
    : asked_(std::move(packages)),
      answer_(std::async(std::launch::async | std::launch::deferred, [names = asked_, timeout] {
        return parse_rpm_query(
            query_rpm_packages({names.begin(), names.end()}, rpm_query_format, after(timeout)));
      })) {}

bool RpmAnswer::covers(const std::set<std::string>& packages) const {
  return std::ranges::includes(asked_, packages);
}

}  // namespace erlrc
