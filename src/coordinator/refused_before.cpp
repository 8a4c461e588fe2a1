// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/refused_before.hpp>

#include <array>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string_view>

#include <erlrc/base/error.hpp>
#include <erlrc/base/md5.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/site/state_directory.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

constexpr mode_t reachable = 0755;
/// What a node gives as its reason may contain what its processes have as their state.
constexpr mode_t private_file = 0600;

/// Names of nodes and applications have no slash.
fs::path file_of(const std::string& node, const Atom& app) {
  return state_directory() / "refused" / node / app.name;
}

void add(Md5& sum, const std::string& text) {
  sum.add(text);
  sum.add(Bytes(1, '\0'));
}

void add(Md5& sum, const AppFiles& files) {
  add(sum, files.spec.vsn);
  for (const auto& [module, beam] : files.beams) {
    add(sum, module.name);
    sum.add(to_bytes(beam.md5));
  }
  if (files.appup) add(sum, print_term(to_term(*files.appup)));
  if (!files.libraries) return;
  for (const auto& [name, digest] : *files.libraries) {
    add(sum, name);
    sum.add(to_bytes(digest));
  }
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  std::array<char, 16> text{};
  ::localtime_r(&now, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

std::string in_hex(BytesView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += {digits[value >> 4U], digits[value & 0xfU]};
  }
  return text;
}

/// Writes the file, or does nothing.
template <typename Body>
void if_possible(Body body) {
  try {
    body();
  } catch (const Error&) {
    return;
  }
}

}  // namespace

std::string identity_of(const Atom& app, const Request::Change& change, const Files& files,
                        const NodeEntry& entry) {
  Md5 sum;
  add(sum, app.name);
  add(sum, files.all(change.from));
  add(sum, files.all(change.to));
  const Policy& policy = change.policy;
  add(sum,
      join(std::array{static_cast<std::int64_t>(policy.old_code), policy.wait_ms, policy.pause_ms,
                      static_cast<std::int64_t>(policy.stranded), static_cast<std::int64_t>(policy.records),
                      static_cast<std::int64_t>(policy.children), static_cast<std::int64_t>(policy.engine)},
           " ", [](std::int64_t number) { return std::to_string(number); }));
  const auto pid = process_of(entry);
  add(sum, pid ? std::to_string(*pid) + " " + start_of(*pid) : "unknown");
  return in_hex(to_bytes(sum.digest()));
}

std::optional<RefusedBefore> load_refused(const std::string& node, const Atom& app) {
  try {
    const auto text = read_file_if_exists(file_of(node, app));
    if (!text) return std::nullopt;
    const auto all = lines(*text);
    if (all.size() != 3) return std::nullopt;
    return RefusedBefore{std::string(all[0]), std::string(all[1]), std::string(all[2])};
  } catch (const Error&) {
    return std::nullopt;
  }
}

void store_refused(const std::string& node, const Atom& app, const std::string& identity,
                   const std::string& why) {
  if_possible([&] {
    const fs::path file = file_of(node, app);
    make_directories(file.parent_path(), reachable);
    write_file_atomically(file, identity + "\n" + today() + "\n" + one_line(why) + "\n", private_file);
  });
}

void forget_refused(const std::string& node, const Atom& app) {
  if_possible([&] { remove_file(file_of(node, app)); });
}

std::string refused_again(const RefusedBefore& before) {
  return before.why + " (on " + before.when +
         "; not tried again, as neither the code nor the process of the node has changed)";
}

}  // namespace erlrc
