// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/app/default_start.hpp>
#include <erlrc/app/rpm_relations.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/base/graph.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/file.hpp>

#include "arguments.hpp"

// erlrc-appinfo: prints the content of .app files for packaging helpers, so that scripts need not read Erlang
// terms.

namespace erlrc {
namespace {

using Json = nlohmann::ordered_json;

struct Found {
  AppSpec spec;
  std::string file;  ///< as it was given
};

Found load(const std::string& file) {
  AppSpec spec = parse_app_spec(read_file(file), file);
  const std::string stem = std::filesystem::path(file).stem().string();
  if (stem != spec.name.name)
    throw Error(file + ": describes application " + printable(spec.name.name) + ", not " + stem);
  try {
    check_app(spec.name.name);
    check_vsn(spec.vsn);
  } catch (const UsageError& error) {  // here, the file is wrong, not the arguments
    throw Error(file + ": " + error.what());
  }
  return {std::move(spec), file};
}

/// All of `files`, each after those of them that it needs; members of a cycle one after the other.
std::vector<Found> load_in_order(const std::vector<std::string>& files) {
  std::map<std::string, Found> found;
  Dependencies needs;
  for (const std::string& file : files) {
    Found one = load(file);
    const std::string name = one.spec.name.name;
    for (const auto* list : {&one.spec.applications, &one.spec.included_applications})
      for (const Atom& app : *list)
        needs[name].insert(app.name);
    needs.try_emplace(name);
    const auto [other, added] = found.try_emplace(name, std::move(one));
    if (!added) throw Error(file + ": application " + name + " is also in " + other->second.file);
  }
  std::vector<Found> ordered;
  for (const auto& group : ordered_groups(needs))
    for (const std::string& name : group)
      ordered.push_back(std::move(found.at(name)));
  return ordered;
}

Json names(const std::vector<Atom>& apps) {
  std::vector<std::string> list;
  std::ranges::transform(apps, std::back_inserter(list), &Atom::name);
  return list;
}

std::string ebin_of(const Found& found) {
  const std::filesystem::path ebin = std::filesystem::path(found.file).parent_path();
  return ebin.empty() ? "." : ebin.string();
}

std::vector<AppSpec> specs_of(const std::vector<Found>& found) {
  std::vector<AppSpec> specs;
  std::ranges::transform(found, std::back_inserter(specs), &Found::spec);
  return specs;
}

Json to_json(const Found& found, bool start) {
  return {{"name", found.spec.name.name},
          {"vsn", found.spec.vsn},
          {"ebin", ebin_of(found)},
          {"start", start},
          {"applications", names(found.spec.applications)},
          {"included_applications", names(found.spec.included_applications)},
          {"optional_applications", names(found.spec.optional_applications)}};
}

std::string json_text(const std::vector<Found>& found) {
  const std::set<std::string> start = start_by_default(specs_of(found));
  Json all = Json::array();
  for (const Found& one : found)
    all.push_back(to_json(one, start.contains(one.spec.name.name)));
  return all.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// The names of the applications that should run, dependencies first.
std::string lines_to_start(const std::vector<Found>& found) {
  const std::set<std::string> start = start_by_default(specs_of(found));
  std::string text;
  for (const Found& one : found)
    if (start.contains(one.spec.name.name)) text += one.spec.name.name + "\n";
  return text;
}

std::string member_lines(const std::vector<Found>& found) {
  std::string text;
  for (const Found& one : found)
    text += one.spec.name.name + " " + one.spec.vsn + " " + ebin_of(one) + "\n";
  return text;
}

}  // namespace

int appinfo_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-appinfo";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "FILE...",
                     "Print the name, version and directory of each .app file, dependencies first.");
    std::vector<std::string> files;
    bool json = false, start = false;
    std::string rpm;
    line.app.add_option("FILE", files, "The .app files")->required();
    line.app.add_flag("--json", json, "Print JSON, with the dependencies of each application");
    line.app.add_option("--rpm", rpm, "Print what an rpm with the files provides, requires or recommends")
        ->type_name("KIND")
        ->check(CLI::IsMember({"provides", "requires", "recommends"}))
        ->excludes("--json");
    line.app
        .add_flag("--start", start, "Print the applications that a package with the files starts by default")
        ->excludes("--json")
        ->excludes("--rpm");
    if (const auto code = line.parse(args, streams)) return *code;
    const std::vector<Found> found = load_in_order(files);
    streams.out += !rpm.empty() ? rpm_relations(specs_of(found), rpm)
                   : start      ? lines_to_start(found)
                   : json       ? json_text(found)
                                : member_lines(found);
    return 0;
  });
}

}  // namespace erlrc
