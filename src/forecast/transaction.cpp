// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/transaction.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/sys/parallel.hpp>

namespace erlrc {
namespace {

std::optional<ControlMember> read_member(const std::optional<Bytes>& text) {
  if (!text) return std::nullopt;
  return parse_control_member(*text, "control member erlrc");
}

}  // namespace

Transaction::Transaction(TransactionSource source, const Desired& desired, const Policy& policy)
    : source_(std::move(source)), changes_(source_.changes()), desired_(desired), policy_(policy) {
  std::vector<std::pair<const ChangedPackage*, Members>> readable;
  for (const ChangedPackage& change : changes_) {
    if (!change.unreadable.empty()) {
      warnings_.push_back(change.unreadable);
      continue;
    }
    try {
      within(change.package, [&] {
        readable.push_back({&change, {read_member(change.installed), read_member(change.unpacking)}});
      });
    } catch (const Error& error) {
      warnings_.push_back(error.what());
    }
  }
  for (const auto& [change, members] : readable)
    add_unpacking(*change, members);
  for (const auto& [change, members] : readable)
    add_configuring(*change, members);
  pair_moved();
}

void Transaction::add_unpacking(const ChangedPackage& change, const Members& members) {
  const auto& [old_one, new_one] = members;
  if (change.old_version.empty()) return;
  const bool removed = change.new_version.empty();
  const PackageVersions versions{.installed = managed_apps(old_one),
                                 .unpacking = removed ? std::nullopt : managed_apps(new_one),
                                 .desired = desired_};
  const Moment moment = removed ? Moment::about_to_remove : Moment::both_on_disk;
  add(change.package, requests_for(moment, versions), old_one);
  if (removed || !new_one)
    for (Request& stop :
         for_nodes(old_one ? old_one->nodes : std::nullopt, requests_for(Moment::about_to_remove, versions)))
      lost_.push_back({change.package, std::move(stop)});
}

/// What one package loses and another one starts is changed by the other one.
void Transaction::pair_moved() {
  for (Item& item : items_) {
    const auto* start = std::get_if<Request::Start>(&item.request.what);
    const auto lost = std::ranges::find_if(lost_, [&](const auto& one) {
      return start != nullptr && one.first != item.package && one.second.app == item.request.app &&
             one.second.nodes == item.request.nodes;
    });
    if (lost == lost_.end()) continue;
    item.request.what = moved(lost->second, item.request).what;
    std::get<Request::Change>(item.request.what).policy = policy_;
    moves_[item.request.app] = item.package;
  }
  std::erase_if(items_, [&](const Item& item) {
    return std::holds_alternative<Request::Stop>(item.request.what) && moves_.contains(item.request.app) &&
           moves_.at(item.request.app) != item.package;
  });
}

void Transaction::add_configuring(const ChangedPackage& change, const Members& members) {
  const auto& [old_one, new_one] = members;
  if (!new_one) return;
  if (new_one->policy != PackagePolicy::hot)
    for (const PackagedApp& app : new_one->apps)
      apart_.push_back({change.package, app, new_one->policy});
  std::vector<Request> requests = requests_for(Moment::configured, {.installed = managed_apps(new_one)});
  // An upgraded application runs already when its package is configured.
  std::erase_if(requests, [&](const Request& start) {
    return std::ranges::any_of(items_, [&](const Item& item) {
      return item.package == change.package && item.request.app == start.app;
    });
  });
  add(change.package, std::move(requests), new_one);
}

void Transaction::add(const std::string& package, std::vector<Request> requests,
                      const std::optional<ControlMember>& member) {
  const FileSource source{[this, package](const std::filesystem::path& path) {
                            const Archive* archive = archive_of(package);
                            return archive == nullptr ? std::nullopt : archive->files.read(path);
                          },
                          [this, package](const std::filesystem::path& directory) {
                            const Archive* archive = archive_of(package);
                            return archive == nullptr ? std::vector<std::string>{}
                                                      : archive->files.files_below(directory);
                          }};
  for (Request& request : for_nodes(member ? member->nodes : std::nullopt, std::move(requests))) {
    if (auto* change = std::get_if<Request::Change>(&request.what)) change->policy = policy_;
    const Version* packed = version_after(request);
    caches_.push_back(packed == nullptr ? std::make_unique<AppCache>(request.app)
                                        : std::make_unique<AppCache>(request.app, *packed, source));
    items_.push_back({package, std::move(request), caches_.back()->files()});
  }
}

const Transaction::Archive* Transaction::archive_of(const std::string& package) const {
  const auto found = std::ranges::find(archives_, package, &Archive::package);
  return found == archives_.end() ? nullptr : &*found;
}

void Transaction::want(const std::string& package) {
  if (archive_of(package) != nullptr) return;
  const auto change = std::ranges::find(changes_, package, &ChangedPackage::package);
  archives_.push_back({package, change->archive, {}, {}});
}

NewNeeds Transaction::new_needs() const {
  NewNeeds needs;
  for (const Item& item : items_) {
    const Version* version = version_after(item.request);
    if (version == nullptr) continue;
    try {
      needs[item.request.app] = item.files.spec(*version).spec.applications;
    } catch (const std::exception&) {  // its row reports it
      continue;
    }
  }
  return needs;
}

/// As in site/desired.hpp.
bool Transaction::is_desired_by(const Archive& archive, const Atom& app) {
  const std::filesystem::path directory = "/etc/erlrc.d/applications";
  return archive.files.read(directory / app.name) ||
         archive.files.read(directory / (archive.package + ".d") / app.name);
}

void Transaction::read_desired() {
  const auto read = [this](std::size_t i) {
    Archive& archive = archives_[i];
    try {
      archive.files = source_.files(archive.path);
    } catch (const std::exception& error) {
      archive.error = message_of(error, archive.package + ": reading the archive");
    }
  };
  rethrow_first(for_each_parallel(archives_.size(), read, {std::thread::hardware_concurrency()}));
  for (const Archive& archive : archives_) {
    if (archive.error.empty()) continue;
    warnings_.push_back(archive.error);
    std::erase_if(items_, [&](const Item& item) { return item.package == archive.package; });
  }
  std::erase_if(items_, [&](const Item& item) {
    const bool starts = std::holds_alternative<Request::Start>(item.request.what);
    if (!starts || desired_.contains(item.request.app)) return false;
    const Archive* archive = archive_of(item.package);
    return archive != nullptr && !is_desired_by(*archive, item.request.app);
  });
}

void Transaction::read_libraries() {
  for (Item& item : items_) {
    const Archive* archive = archive_of(item.package);
    const Version* packed = version_after(item.request);
    if (archive == nullptr || packed == nullptr || !packed->location) continue;
    const std::filesystem::path priv = priv_of(packed->location->in_path);
    for (const std::string& name : archive->files.files_below(priv)) {
      const auto library = name.ends_with(".so") ? archive->files.read(priv / name) : std::nullopt;
      if (library) item.libraries.emplace(name, nif_entries(*library));
    }
  }
}

}  // namespace erlrc
