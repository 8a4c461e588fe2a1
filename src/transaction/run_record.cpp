// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/run_record.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include <erlrc/base/error.hpp>

namespace erlrc {
namespace {

using Json = nlohmann::json;
using State = RunRecord::State;

/// erlrc may be one of the packages of the run: an older one has written `old_name`.
const Json& renamed(const Json& json, const char* name, const char* old_name) {
  return json.contains(name) ? json.at(name) : json.at(old_name);
}

Json encode(const std::optional<Location>& location) {
  if (!location) return {};
  return {
      {"read_from", location->read_from}, {"in_path", location->in_path}, {"known_as", location->known_as}};
}

Json encode(const Version& version) {
  return {{"vsn", version.vsn}, {"location", encode(version.location)}};
}

std::optional<Location> decode_location(const Json& json) {
  if (json.is_null()) return std::nullopt;
  Location location;
  location.read_from = json.at("read_from").get<std::string>();
  location.in_path = json.at("in_path").get<std::string>();
  location.known_as = json.at("known_as").get<std::string>();
  return location;
}

/// As in records of earlier versions: erlrc may be one of the packages of the run.
std::optional<Location> decode_directories(const Json& json) {
  const auto text = [&](const char* key) { return json.value(key, Json()); };
  if (text("ebin").is_null()) return std::nullopt;
  const std::string ebin = text("ebin").get<std::string>();
  if (!text("kept").is_null()) return Location::backed_up(ebin, text("kept").get<std::string>());
  if (!text("becomes").is_null()) return Location::staged(text("becomes").get<std::string>(), ebin);
  return ebin;
}

Version decode_version(const Json& json) {
  return {json.at("vsn").get<std::string>(),
          json.contains("location") ? decode_location(json.at("location")) : decode_directories(json)};
}

/// Only what hooks ask for is recorded: they always unload, and have no policy.
Json encode(const Request& request) {
  Json json{{"action", to_string(action_of(request))},
            {"app", request.app.name},
            {"nodes", request.nodes ? Json(*request.nodes) : Json()}};
  if (const Version* version = version_before(request)) json["from"] = encode(*version);
  if (const Version* version = version_after(request)) json["to"] = encode(*version);
  if (const auto* change = std::get_if<Request::Change>(&request.what)) json["start"] = change->start;
  return json;
}

Action decode_action(const std::string& name) {
  for (const Action action : {Action::start, Action::stop, Action::upgrade, Action::downgrade})
    if (to_string(action) == name) return action;
  throw Error("'" + name + "' is not an action");
}

/// Earlier versions wrote every key for every action; those that do not apply are ignored.
decltype(Request::what) decode_what(const Json& json) {
  const auto version = [&](const char* key) { return decode_version(json.at(key)); };
  const auto change = [&](Direction direction) {
    return Request::Change{direction, version("from"), version("to"), json.at("start").get<bool>()};
  };
  switch (decode_action(json.at("action").get<std::string>())) {
    case Action::start:
      return Request::Start{version("to")};
    case Action::stop:
      return Request::Stop{version("from")};
    case Action::upgrade:
      return change(Direction::up);
    case Action::downgrade:
      return change(Direction::down);
  }
  return {};
}

Request decode_request(const Json& json) {
  Request request{.app = Atom{json.at("app").get<std::string>()}, .what = decode_what(json)};
  if (const Json nodes = json.value("nodes", Json()); !nodes.is_null())
    request.nodes = nodes.get<std::vector<std::string>>();
  return request;
}

Json encode(const RunRecord::Package& package) {
  Json requests = Json::array();
  for (const Request& request : package.requests)
    requests.push_back(encode(request));
  return {{"name", package.name},       {"from", package.from},
          {"version", package.version}, {"requests", std::move(requests)},
          {"closed", package.closed},   {"removed", package.removed}};
}

RunRecord::Package decode_package(const Json& json) {
  RunRecord::Package package{json.at("name").get<std::string>(),
                             json.at("from").get<std::string>(),
                             json.at("version").get<std::string>(),
                             {},
                             renamed(json, "closed", "settled").get<bool>(),
                             json.value("removed", false)};
  for (const Json& request : json.at("requests"))
    package.requests.push_back(decode_request(request));
  return package;
}

constexpr std::pair<State, std::string_view> kStates[] = {{State::unpacking, "unpacking"},
                                                          {State::trying, "trying"},
                                                          {State::trying_again, "trying_again"},
                                                          {State::done, "done"},
                                                          {State::failed, "failed"}};

State decode_state(const std::string& name) {
  for (const auto& [state, text] : kStates)
    if (text == name) return state;
  throw Error("'" + name + "' is not a state of a run");
}

Json encode(const RunRecord::Group& group) {
  Json packages = Json::array();
  for (const RunRecord::Package& package : group.packages)
    packages.push_back(encode(package));
  const auto* state = std::ranges::find(kStates, group.state, &std::pair<State, std::string_view>::first);
  return {{"state", state->second}, {"because", group.because},   {"packages", std::move(packages)},
          {"clean", group.clean},   {"unpacked", group.unpacked}, {"alone", group.alone}};
}

RunRecord::Group decode_group(const Json& json) {
  RunRecord::Group group{
      decode_state(json.at("state").get<std::string>()), json.at("because").get<std::string>(), {}};
  for (const Json& package : json.at("packages"))
    group.packages.push_back(decode_package(package));
  group.clean = json.value("clean", false);
  group.unpacked = json.value("unpacked", false);
  group.alone = json.value("alone", false);
  return group;
}

}  // namespace

RunRecord::Package* RunRecord::Group::find(const std::string& name) {
  const auto found = std::ranges::find(packages, name, &Package::name);
  return found == packages.end() ? nullptr : &*found;
}

const RunRecord::Package* RunRecord::Group::find(const std::string& name) const {
  const auto found = std::ranges::find(packages, name, &Package::name);
  return found == packages.end() ? nullptr : &*found;
}

bool RunRecord::Group::all_closed() const {
  return std::ranges::all_of(packages, &Package::closed);
}

RunRecord::Group* RunRecord::group_of(const std::string& name) {
  const auto found = std::ranges::find_if(groups, [&](Group& group) { return group.find(name) != nullptr; });
  return found == groups.end() ? nullptr : &*found;
}

const RunRecord::Group* RunRecord::group_of(const std::string& name) const {
  const auto found =
      std::ranges::find_if(groups, [&](const Group& group) { return group.find(name) != nullptr; });
  return found == groups.end() ? nullptr : &*found;
}

std::string encode_run_record(const RunRecord& record) {
  Json groups = Json::array();
  for (const RunRecord::Group& group : record.groups)
    groups.push_back(encode(group));
  const Json json{{"run", record.run}, {"groups", std::move(groups)}};
  // Names of packages and of applications are always UTF-8.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunRecord decode_run_record(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    RunRecord record{renamed(json, "run", "dpkg").get<std::string>()};
    for (const Json& group : json.at("groups"))
      record.groups.push_back(decode_group(group));
    return record;
  } catch (const Json::exception& error) {
    throw Error("not a record of a run: " + std::string(error.what()));
  }
}

}  // namespace erlrc
