// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <thread>
#include <vector>

namespace erlrc {

/// Calls `body` with each of `all`, in at most so many threads, of which this is one. `body` must not throw.
template <typename T, typename Body>
void in_threads(std::vector<T>& all, std::size_t threads, Body body) {
  threads = std::min(std::max(threads, std::size_t{1}), all.size());
  const auto share = [&](std::size_t first) {
    for (std::size_t i = first; i < all.size(); i += threads)
      body(all[i]);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i)
    others.emplace_back(share, i);
  share(0);
}

}  // namespace erlrc
