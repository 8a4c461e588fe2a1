// SPDX-License-Identifier: BSD-3-Clause
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

#include "arguments.hpp"
#include "policy_options.hpp"

// erlrc-upgrade and erlrc-downgrade: the same with the directions exchanged.

namespace erlrc {
namespace {

/// One of the two versions, as given on the command line.
struct VersionArguments {
  std::string vsn_name;  ///< OLDVSN
  std::string dir_name;  ///< OLDDIR
  std::string about;     ///< the old version
  std::string vsn = {};
  std::string directory = {};
};

Version check_version(const VersionArguments& given, bool with_directory) {
  Version version{check_vsn(given.vsn), {}};
  if (with_directory) version.location = check_ebin(given.directory);
  return version;
}

/// `first` and `second` are in the order of the command line.
int change_main(const std::string& tool, const std::string& about, Direction direction,
                VersionArguments first, VersionArguments second, std::span<const std::string> args,
                Streams& streams) {
  CommandLine line(
      tool,
      "APP " + first.vsn_name + " " + second.vsn_name + " [" + first.dir_name + " " + second.dir_name + "]",
      about);
  std::string app;
  ActOptions options;
  line.app.add_option("APP", app, "The application")->required();
  for (VersionArguments* version : {&first, &second})
    line.app.add_option(version->vsn_name, version->vsn, version->about)->required();
  for (VersionArguments* version : {&first, &second})
    line.app.add_option(version->dir_name, version->directory,
                        "Its directory, which contains ebin (default: LIB/APP-VSN of the node)");
  PolicyOptions policy;
  add_policy_options(line.app, policy);
  auto* rehearse =
      line.app.add_flag("--rehearse", options.rehearse,
                        "Try the conversions on copies of the process states, and change nothing");
  line.app
      .add_flag("--explain", options.explain,
                "Print what would happen to each module, and why, and change nothing")
      ->excludes(rehearse);
  add_act_options(line.app, options);
  if (const auto code = line.parse(args, streams)) return *code;

  const bool directories = line.app.count(first.dir_name) > 0;
  if (directories && line.app.count(second.dir_name) == 0)
    throw UsageError(second.dir_name + " is missing: give both directories or none");
  const Atom name = check_app(app);
  const Policy chosen = read_policy(settings_for(tool, streams).policy, policy);
  if (options.rehearse && chosen.engine == Policy::Engine::otp)
    throw UsageError("--rehearse: not with --engine=otp");
  const Version one = check_version(first, directories);
  const Version other = check_version(second, directories);
  const bool up = direction == Direction::up;
  const Request::Change change{direction, up ? one : other, up ? other : one, true, chosen, options.explain};
  return act(tool, {name, change}, options, streams);
}

}  // namespace

int upgrade_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-upgrade";
  return guarded_main(tool, streams, [&] {
    return change_main(tool, "Upgrade a running application on every registered node without stopping it.",
                       Direction::up, {"OLDVSN", "OLDDIR", "The version that runs"},
                       {"NEWVSN", "NEWDIR", "The version to upgrade to"}, args, streams);
  });
}

int downgrade_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-downgrade";
  return guarded_main(tool, streams, [&] {
    return change_main(tool, "Downgrade a running application on every registered node without stopping it.",
                       Direction::down, {"EARLIERVSN", "EARLIERDIR", "The version to downgrade to"},
                       {"LATERVSN", "LATERDIR", "The version that runs"}, args, streams);
  });
}

}  // namespace erlrc
