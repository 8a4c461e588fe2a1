// SPDX-License-Identifier: BSD-3-Clause
#include <cstdint>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

#include "arguments.hpp"

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

constexpr std::int64_t kDefaultWait = 10'000;

/// --purge=refuse|wait[=SECONDS]|kill
void read_purge(const std::string& text, Policy& policy) {
  policy.wait_ms = kDefaultWait;
  if (text == "refuse") {
    policy.old_code = Policy::OldCode::refuse;
  } else if (text == "kill") {
    policy.old_code = Policy::OldCode::kill;
  } else if (text == "wait") {
    policy.old_code = Policy::OldCode::wait;
  } else if (text.starts_with("wait=")) {
    policy.old_code = Policy::OldCode::wait;
    policy.wait_ms = parse_seconds(text.substr(text.find('=') + 1), "--purge").count();
  } else {
    throw UsageError("--purge: " + printable(text) + ": expected refuse, wait, wait=SECONDS or kill");
  }
}

/// --stranded=report|refuse
void read_stranded(const std::string& text, Policy& policy) {
  if (text != "report" && text != "refuse")
    throw UsageError("--stranded: " + printable(text) + ": expected report or refuse");
  policy.stranded = text == "refuse" ? Policy::Stranded::refuse : Policy::Stranded::report;
}

/// --records=refuse|report
void read_records(const std::string& text, Policy& policy) {
  if (text != "refuse" && text != "report")
    throw UsageError("--records: " + printable(text) + ": expected refuse or report");
  policy.records = text == "report" ? Policy::Records::report : Policy::Records::refuse;
}

/// --children=change|keep
void read_children(const std::string& text, Policy& policy) {
  if (text != "change" && text != "keep")
    throw UsageError("--children: " + printable(text) + ": expected change or keep");
  policy.children = text == "keep" ? Policy::Children::keep : Policy::Children::change;
}

/// --engine=erlrc|otp
void read_engine(const std::string& text, Policy& policy) {
  if (text != "erlrc" && text != "otp")
    throw UsageError("--engine: " + printable(text) + ": expected erlrc or otp");
  policy.engine = text == "otp" ? Policy::Engine::otp : Policy::Engine::erlrc;
}

/// `first` and `second` are in the order of the command line.
int change_main(const std::string& tool, const std::string& about, Action action, VersionArguments first,
                VersionArguments second, std::span<const std::string> args, Streams& streams) {
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
  std::string purge = "refuse", stranded = "report", records = "refuse", children = "change",
              engine = "erlrc";
  line.app.add_option("--purge", purge, "Processes that still run old code: refuse, wait[=SECONDS] or kill")
      ->type_name("WHAT");
  line.app
      .add_option("--stranded", stranded,
                  "Processes of changed modules that no instruction converts: report or refuse")
      ->type_name("WHAT");
  line.app
      .add_option("--records", records,
                  "Changed record definitions found in unconverted process states: refuse or report")
      ->type_name("WHAT");
  line.app
      .add_option("--children", children,
                  "Children added or removed by a supervisor's new code: change (start/stop them) or keep")
      ->type_name("WHAT");
  line.app.add_flag("--rehearse", options.rehearse,
                    "Try the conversions on copies of the process states, and change nothing");
  line.app
      .add_option("--engine", engine, "Engine that runs the appup: erlrc, or otp (OTP's release_handler)")
      ->type_name("WHICH");
  add_act_options(line.app, options);
  if (const auto code = line.parse(args, streams)) return *code;

  const bool directories = line.app.count(first.dir_name) > 0;
  if (directories && line.app.count(second.dir_name) == 0)
    throw UsageError(second.dir_name + " is missing: give both directories or none");
  Request request;
  request.action = action;
  request.app = check_app(app);
  read_purge(purge, request.policy);
  read_stranded(stranded, request.policy);
  read_records(records, request.policy);
  read_children(children, request.policy);
  read_engine(engine, request.policy);
  if (options.rehearse && request.policy.engine == Policy::Engine::otp)
    throw UsageError("--rehearse: not with --engine=otp");
  Version one = check_version(first, directories);
  Version other = check_version(second, directories);
  const bool up = action == Action::upgrade;
  request.from = up ? std::move(one) : std::move(other);
  request.to = up ? std::move(other) : std::move(one);
  return act(tool, request, options, streams);
}

}  // namespace

int upgrade_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-upgrade";
  return guarded_main(tool, streams, [&] {
    return change_main(tool, "Upgrade a running application on every registered node without stopping it.",
                       Action::upgrade, {"OLDVSN", "OLDDIR", "The version that runs"},
                       {"NEWVSN", "NEWDIR", "The version to upgrade to"}, args, streams);
  });
}

int downgrade_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-downgrade";
  return guarded_main(tool, streams, [&] {
    return change_main(tool, "Downgrade a running application on every registered node without stopping it.",
                       Action::downgrade, {"EARLIERVSN", "EARLIERDIR", "The version to downgrade to"},
                       {"LATERVSN", "LATERDIR", "The version that runs"}, args, streams);
  });
}

}  // namespace erlrc
