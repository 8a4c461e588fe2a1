// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Processes of this host, as /proc shows them.

namespace erlrc {

/// One process for all time: the system uses a number again.
struct ProcessId {
  pid_t pid = 0;
  std::string start{};  ///< when it began, in the clock ticks of /proc
  bool operator==(const ProcessId&) const = default;
};

/// A process that this one was started by, directly or not.
struct Ancestor {
  ProcessId id;
  std::string name;  ///< of its program, at most 15 bytes
};

/// The nearest ancestor for which `matches` holds; an id with pid 0 if there is no such process. A
/// container may hide the farther ones.
ProcessId nearest_ancestor(const std::function<bool(const Ancestor&)>& matches);

/// The nearest ancestor that is not a shell: the program on whose behalf a hook runs.
ProcessId calling_program();

/// Whether the program that called us has ended before us, so that what adopts such processes is now our
/// ancestor.
bool is_orphan();

/// The APT that runs the dpkg that has called us, or that dpkg; or calling_program(), if no dpkg has. It is
/// the same in all calls of one run. (The caller of a hook is a script, named after its package.)
ProcessId calling_run();

/// Whether that process still exists.
bool exists(const ProcessId& id);

/// When the process began, as in ProcessId; empty if there is no such process.
std::string start_of(pid_t pid);

/// The arguments of a process, its program first. Throws SystemError if they cannot be read.
std::vector<std::string> process_arguments(pid_t pid);

/// The working directory of a process; nullopt if it cannot be read.
std::optional<std::filesystem::path> process_directory(pid_t pid);

/// The systemd service of this host in the content of a file /proc/PID/cgroup. Below that of a service, a
/// container or a user's own systemd, groups may be named by anyone: they do not count.
std::optional<std::string> service_in(std::string_view cgroups);

/// The systemd service that the process is in: `egerl.service`.
std::optional<std::string> service_of(pid_t pid);

/// The file of the program that this process runs; nullopt if it cannot be read.
std::optional<std::string> own_program();

/// A process of this host that runs an Erlang emulator.
struct Emulator {
  pid_t pid = 0;
  uid_t user = 0;
  std::vector<std::string> arguments{};
  bool operator==(const Emulator&) const = default;
};

/// All emulators that are visible, by their process ids.
std::vector<Emulator> emulators();

/// The value of a variable in the environment with which a process was started; nullopt if it has none, or if
/// that cannot be read.
std::optional<std::string> environment_of(pid_t pid, std::string_view name);

/// The network namespace of a process, if it is another one than ours: its name in ip-netns(8), or its file
/// in /proc.
std::optional<std::string> foreign_network_of(pid_t pid);

/// Whether processes of a user count.
using UserCounts = std::function<bool(uid_t)>;

/// The network namespace of this process.
inline const std::string own_network = "/proc/self/ns/net";

/// The process of this host that runs as the Erlang node `alive`, or `alive@host`, according to the -sname or
/// -name in its arguments. An empty `host` matches any host. nullopt if no such process is visible, or there
/// is no /proc. Only emulators count, and only those of users that count: a process may call itself by any
/// name. Processes in another network namespace than that of the file `network` do not count: nodes in
/// containers are not this host's.
std::optional<pid_t> find_node_process(std::string_view alive, std::string_view host,
                                       const UserCounts& user_counts,
                                       const std::string& network = own_network);

/// The same among the processes that have our root directory.
std::optional<pid_t> find_node_process_with_our_root(std::string_view alive, std::string_view host,
                                                     const UserCounts& user_counts,
                                                     const std::string& network = own_network);

/// Whether these sockets belong to processes of another system only: with another root directory, or in
/// another pid namespace, where this process cannot see them. False if that cannot be known, because we may
/// not look at an emulator that might have one of them. Looks at every process.
bool are_of_other_system(const std::vector<std::uint64_t>& inodes);

/// Whether our root directory is that of the first process: false in a chroot, such as an image that is being
/// built, or a copy of the system that is being mended. False without /proc; true if only root could see it
/// and we are not root.
bool has_root_of_host();

/// Whether these arguments of a process (as in /proc/PID/cmdline, each ended by a zero byte) are those of an
/// Erlang emulator that runs as that node.
bool runs_as_node(std::string_view cmdline, std::string_view alive, std::string_view host);

}  // namespace erlrc
