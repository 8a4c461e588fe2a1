// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/set_conversions.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/coordinator/app_cache.hpp>

namespace erlrc {
namespace {

LaterConversions read_conversions(const Atom& app, const Request::Change& change) {
  if (!change.from.location || !change.to.location || change.from.vsn == change.to.vsn) return {};
  try {
    AppCache cache(app);
    const Files files = cache.files();
    return files.exist(change.from) ? conversions_of(change, files) : LaterConversions{};
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

std::vector<LaterConversions> later_conversions(const std::vector<Request>& requests) {
  std::vector<LaterConversions> all(requests.size());
  for (std::size_t i = requests.size(); i-- > 1;) {
    all[i - 1] = all[i];
    const auto* change = std::get_if<Request::Change>(&requests[i].what);
    if (change == nullptr) continue;
    LaterConversions own = read_conversions(requests[i].app, *change);
    std::ranges::move(own.modules, std::back_inserter(all[i - 1].modules));
    std::ranges::move(own.apps, std::back_inserter(all[i - 1].apps));
  }
  return all;
}

}  // namespace erlrc
