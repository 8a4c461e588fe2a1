// SPDX-License-Identifier: BSD-3-Clause
#include <rpm/rpmps.h>
#include <rpm/rpmte.h>
#include <rpm/rpmts.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "call_hook.hpp"

#if __has_include(<rpm/rpmplugin.h>)
#include <rpm/rpmplugin.h>
#else
// rpm 4.16 to 4.19 do not install the header. The hooks that are not used here are null pointers.
extern "C" struct rpmPluginHooks_s {
  void* init;
  void* cleanup;
  rpmRC (*tsm_pre)(rpmPlugin plugin, rpmts ts);
  rpmRC (*tsm_post)(rpmPlugin plugin, rpmts ts, int res);
  std::array<void*, 8> others;
};
#endif

// Plugin of rpm: running Erlang nodes are upgraded before rpm unpacks anything. It reports the elements of
// the transaction to erlrc-hook, which decides; see erlrc-hook(8). Only for rpm(8) itself: other programs,
// such as dnf, do not name the archives in the transaction, and have a plugin of their own.

namespace {

bool is_rpm_itself() {
  std::array<char, PATH_MAX> file{};
  const ssize_t size = ::readlink("/proc/self/exe", file.data(), file.size());
  if (size <= 0) return false;
  const std::string path(file.data(), static_cast<std::size_t>(size));
  return path.substr(path.rfind('/') + 1) == "rpm";
}

/// Nodes of this host do not use the files of another root directory.
bool concerns_nodes(rpmts ts) {
  const char* root = rpmtsRootDir(ts);
  const bool own_root = root == nullptr || *root == '\0' || std::string(root) == "/";
  return own_root && (rpmtsFlags(ts) & (RPMTRANS_FLAG_TEST | RPMTRANS_FLAG_JUSTDB)) == 0 && is_rpm_itself() &&
         erlrc_plugin::has_hook();
}

/// rpm also calls us if it is going to refuse the transaction: an archive does not verify, or is older than
/// the installed package. What the user allows is not among these problems. A conflict between files is
/// found only after this call: then the nodes are rolled back at the end.
bool is_refused_by_rpm(rpmts ts) {
  const rpmps problems = rpmtsProblems(ts);
  const bool any = rpmpsNumProblems(problems) > 0;
  rpmpsFree(problems);
  return any;
}

std::string absolute(const char* path) {
  char* const whole = ::realpath(path, nullptr);
  std::string text(whole != nullptr ? whole : path);
  std::free(whole);
  return text;
}

/// Nullopt: the name of an archive could be taken for other elements.
std::optional<std::string> elements_of(rpmts ts) {
  std::string text;
  bool good = true;
  rpmtsi all = rpmtsiInit(ts);
  while (rpmte element = rpmtsiNext(all, 0)) {
    const auto add = [&](const std::string& line) { good = erlrc_plugin::add_element(text, line) && good; };
    if (rpmteType(element) == TR_ADDED) {
      add("install " + absolute(static_cast<const char*>(rpmteKey(element))));
    } else if (rpmteType(element) == TR_REMOVED) {
      add(std::string("erase ") + rpmteN(element) + " " + rpmteEVR(element));
    }
  }
  rpmtsiFree(all);
  return good ? std::optional(text) : std::nullopt;
}

/// The hook knows of the transaction. This is found out at its beginning only: at its end, rpm itself may
/// have been upgraded.
bool begun = false;

}  // namespace

extern "C" {

static rpmRC erlrc_tsm_pre(rpmPlugin, rpmts ts) {
  begun = concerns_nodes(ts) && !is_refused_by_rpm(ts);
  if (!begun) return RPMRC_OK;
  const auto elements = elements_of(ts);
  begun = elements.has_value();
  if (!begun) std::fputs("erlrc: the name of an archive has several lines; nothing was changed\n", stderr);
  return begun && erlrc_plugin::call_hook("begin", *elements) == 0 ? RPMRC_OK : RPMRC_FAIL;
}

static rpmRC erlrc_tsm_post(rpmPlugin, rpmts, int) {
  if (begun) (void)erlrc_plugin::call_hook("end", "");
  begun = false;
  return RPMRC_OK;
}

extern const struct rpmPluginHooks_s erlrc_hooks;
const struct rpmPluginHooks_s erlrc_hooks = [] {
  rpmPluginHooks_s hooks{};
  hooks.tsm_pre = erlrc_tsm_pre;
  hooks.tsm_post = erlrc_tsm_post;
  return hooks;
}();
}
