// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <rpm/rpmps.h>
#include <rpm/rpmte.h>
#include <rpm/rpmts.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <string>

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

const char* const kHook = "/usr/bin/erlrc-hook";

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
         ::access(kHook, X_OK) == 0;
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

std::string elements_of(rpmts ts) {
  std::string text;
  rpmtsi all = rpmtsiInit(ts);
  while (rpmte element = rpmtsiNext(all, 0)) {
    if (rpmteType(element) == TR_ADDED) {
      text += "install " + absolute(static_cast<const char*>(rpmteKey(element))) + "\n";
    } else if (rpmteType(element) == TR_REMOVED) {
      text += std::string("erase ") + rpmteN(element) + " " + rpmteEVR(element) + "\n";
    }
  }
  rpmtsiFree(all);
  return text;
}

void write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t size = ::write(fd, text.data() + at, text.size() - at);
    if (size < 0 && errno != EINTR) return;  // it has ended, and its exit status is what counts
    if (size > 0) at += static_cast<std::size_t>(size);
  }
}

/// Starts the hook with that standard input, as a shell would: rpm blocks signals during a transaction, and
/// its database is open. 0, or the number of the error.
int start_hook(const char* moment, int input, pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const std::array<const char*, 4> argv{kHook, "rpm", moment, nullptr};
  const int failed =
      ::posix_spawn(&pid, kHook, &files, &attributes, const_cast<char* const*>(argv.data()), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

/// Whether the hook agrees.
bool run_hook(const char* moment, const std::string& input) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pid_t pid = 0;
  const int failed = start_hook(moment, ends[0], pid);
  ::close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  if (failed == 0) write_all(ends[1], input);
  std::signal(SIGPIPE, before);
  ::close(ends[1]);
  if (failed != 0) return false;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// The hook knows of the transaction. This is found out at its beginning only: at its end, rpm itself may
/// have been upgraded.
bool begun = false;

}  // namespace

extern "C" {

static rpmRC erlrc_tsm_pre(rpmPlugin, rpmts ts) {
  begun = concerns_nodes(ts) && !is_refused_by_rpm(ts);
  if (!begun) return RPMRC_OK;
  return run_hook("begin", elements_of(ts)) ? RPMRC_OK : RPMRC_FAIL;
}

static rpmRC erlrc_tsm_post(rpmPlugin, rpmts, int) {
  if (begun) (void)run_hook("end", "");
  begun = false;
  return RPMRC_OK;
}

extern const struct rpmPluginHooks_s erlrc_hooks;
const struct rpmPluginHooks_s erlrc_hooks = {
    nullptr, nullptr, erlrc_tsm_pre, erlrc_tsm_post, {},
};
}
