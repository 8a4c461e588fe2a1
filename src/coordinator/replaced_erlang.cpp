// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/replaced_erlang.hpp>

#include <filesystem>
#include <string_view>
#include <variant>

#include <erlrc/node/connect.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

bool exists(const std::filesystem::path& lib, const std::string& app, const std::string& vsn) {
  return file_status(lib / (app + "-" + vsn)) || file_status(lib / app);
}

}  // namespace

std::optional<std::string> replaced_erlang(const NodeEntry& entry, const NodeState& node) {
  if (auto why = replaced_emulator(entry)) return why;
  const std::filesystem::path lib = node.lib_dir;
  if (node.lib_dir.empty() || !file_status(lib)) return std::nullopt;
  for (const char* app : {"kernel", "stdlib"}) {
    const auto vsn = loaded_vsn(node, Atom{app});
    if (!vsn || exists(lib, app, *vsn)) continue;
    // In a container or a chroot of its own, it has another disk than ours.
    const auto pid = process_of(entry);
    const std::string root = pid ? "/proc/" + std::to_string(*pid) + "/root" : "";
    if (pid && exists(root + lib.string(), app, *vsn)) continue;
    return "the Erlang that it runs was replaced: " + (lib / app).string() + "-" + *vsn + " is gone";
  }
  return std::nullopt;
}

std::optional<std::string> replaced_emulator(const NodeEntry& entry) {
  const auto pid = process_of(entry);
  if (!pid) return std::nullopt;
  auto program = read_link_if_readable("/proc/" + std::to_string(*pid) + "/exe");
  if (!program || !program->ends_with(kDeleted)) return std::nullopt;
  program->resize(program->size() - kDeleted.size());
  return "the Erlang that it runs was replaced: its " + *program + " is gone";
}

bool changes_something(const Decision& decision) {
  const auto* plan = std::get_if<Plan>(&decision);
  return plan != nullptr && changes_something(*plan);
}

}  // namespace erlrc
