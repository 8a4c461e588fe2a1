// SPDX-License-Identifier: BSD-3-Clause
#include "transaction.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include <erlrc/base/error.hpp>

#include "side_by_side.hpp"

namespace erlrc {
namespace {

std::optional<PackagedApps> apps_of(const std::optional<Bytes>& member) {
  if (!member) return std::nullopt;
  return parse_packaged_apps(*member, "control member erlrc");
}

}  // namespace

PackageRequests requests_of(const AptChange& change) {
  const auto installed = apps_of(change.installed), unpacking = apps_of(change.unpacking);
  PackageRequests requests;
  if (change.new_version.empty()) {
    requests.unpacking = plan_dpkg({Script::prerm, {"remove"}, installed, {}}).requests;
    return requests;
  }
  if (!change.old_version.empty())
    requests.unpacking =
        plan_dpkg({Script::postrm, {"upgrade", change.new_version}, installed, unpacking}).requests;
  requests.configuring =
      plan_dpkg({Script::postinst, {"configure", change.old_version}, unpacking, {}}).requests;
  // Who is upgraded runs already when its package is configured.
  std::erase_if(requests.configuring, [&](const Request& start) {
    return std::ranges::any_of(requests.unpacking,
                               [&](const Request& other) { return other.app == start.app; });
  });
  return requests;
}

Transaction::Transaction(std::vector<AptChange> changes) : changes_(std::move(changes)) {
  std::vector<std::pair<std::string, std::vector<Request>>> later;
  for (const AptChange& change : changes_) {
    if (!change.unreadable.empty()) {
      warnings_.push_back(change.unreadable);
      continue;
    }
    try {
      PackageRequests requests = within(change.package, [&] { return requests_of(change); });
      add(change.package, std::move(requests.unpacking));
      later.emplace_back(change.package, std::move(requests.configuring));
    } catch (const Error& error) {
      warnings_.push_back(error.what());
    }
  }
  for (auto& [package, requests] : later)
    add(package, std::move(requests));
}

void Transaction::add(const std::string& package, std::vector<Request> requests) {
  for (Request& request : requests) {
    caches_.push_back(std::make_unique<AppCache>(
        request.app, request.to, [this, package](const std::filesystem::path& path) {
          const auto archive = std::ranges::find(archives_, package, &Archive::package);
          return archive == archives_.end() ? std::nullopt : archive->files.read(path);
        }));
    items_.push_back({package, std::move(request), caches_.back()->files()});
  }
}

void Transaction::want(const std::string& package) {
  if (std::ranges::find(archives_, package, &Archive::package) != archives_.end()) return;
  const auto change = std::ranges::find(changes_, package, &AptChange::package);
  archives_.push_back({package, change->archive, {}, {}});
}

void Transaction::read_wanted() {
  side_by_side(archives_, std::thread::hardware_concurrency(), [](Archive& archive) {
    try {
      archive.files = read_application_files(archive.path);
    } catch (const Error& error) {
      archive.error = error.what();
    }
  });
  for (const Archive& archive : archives_) {
    if (archive.error.empty()) continue;
    warnings_.push_back(archive.error);
    std::erase_if(items_, [&](const Item& item) { return item.package == archive.package; });
  }
}

}  // namespace erlrc
