// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/process.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/file_front.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

const fs::path proc = "/proc";

/// A process chooses where in its memory its arguments and its environment are (PR_SET_MM_MAP, which needs no
/// privilege), so they may have any size. Only their first bytes count.
constexpr std::size_t largest_arguments = std::size_t{128} << 10;

fs::path proc_of(pid_t pid) {
  return proc / std::to_string(pid);
}

/// The arguments in a file cmdline of /proc, each ended by a zero byte.
std::vector<std::string_view> arguments_in(std::string_view cmdline) {
  auto all = split(cmdline, '\0');
  if (all.back().empty()) all.pop_back();
  return all;
}

bool is_emulator(std::string_view program) {
  const std::string_view file = program.substr(program.rfind('/') + 1);
  return file == "beam" || file == "beam.smp";
}

/// `given` is the value of -sname or -name: with or without a host.
bool names_node(std::string_view given, std::string_view alive, std::string_view host) {
  const auto at = given.find('@');
  if (given.substr(0, at) != alive) return false;
  return host.empty() || at == std::string_view::npos || given.substr(at + 1) == host;
}

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// `network` is the file of a network namespace. If it cannot be compared (not our process, and we are not
/// root), it counts as the same.
bool shares_network(const fs::path& process, const std::string& network) {
  struct stat theirs {};
  struct stat expected {};
  if (::stat((process / "ns/net").c_str(), &theirs) != 0 || ::stat(network.c_str(), &expected) != 0)
    return true;
  return is_same_file(theirs, expected);
}

/// If it cannot be seen, it counts as the same.
bool is_our_root(const fs::path& process) {
  struct stat theirs {};
  struct stat ours {};
  if (::stat((process / "root").c_str(), &theirs) != 0) return errno == EACCES || errno == EPERM;
  return ::stat("/", &ours) == 0 && is_same_file(theirs, ours);
}

/// Empty for a process that has ended meanwhile, and for one that we may not look at.
Bytes cmdline_of(const fs::path& process) {
  try {
    return read_front(process / "cmdline", largest_arguments);
  } catch (const SystemError&) {
    return {};
  }
}

/// The user who started the process. The owner of its directory in /proc is not: that is root for a process
/// that has made itself unreadable.
std::optional<uid_t> real_user(const fs::path& process) {
  try {
    const Bytes status = read_file(process / "status");
    for (const std::string_view line : lines(status))
      if (const auto fields = words(line); fields.size() > 1 && fields[0] == "Uid:")
        return parse_number<uid_t>(fields[1]);
  } catch (const SystemError&) {
    return std::nullopt;
  }
  return std::nullopt;
}

/// Whether the file of its program is an emulator, which may have been replaced meanwhile. If it cannot be
/// seen (not our process, and we are not root), it counts as one.
bool has_emulator(const fs::path& process) {
  constexpr std::string_view deleted = " (deleted)";
  const auto program = read_link_if_readable(process / "exe");
  if (!program) return true;
  std::string_view file = *program;
  if (file.ends_with(deleted)) file.remove_suffix(deleted.size());
  return is_emulator(file);
}

/// nullopt: we may not look.
std::optional<bool> has_one_of(const std::set<std::string>& sockets, const fs::path& process) {
  try {
    for (const std::string& fd : directory_names(process / "fd").value_or(std::vector<std::string>{}))
      if (const auto file = read_link_if_readable(process / "fd" / fd); file && sockets.contains(*file))
        return true;
    return false;
  } catch (const SystemError& error) {
    if (error.code == EACCES || error.code == EPERM) return std::nullopt;
    return false;  // it has ended
  }
}

bool may_be_emulator(const fs::path& process) {
  const Bytes cmdline = cmdline_of(process);
  return !cmdline.empty() && is_emulator(arguments_in(cmdline).front());
}

template <typename Matches>
std::optional<pid_t> find_process(std::string_view alive, std::string_view host,
                                  const UserCounts& user_counts, Matches matches) {
  // The arguments come last, and only of processes that count: they are in the memory of the process, and to
  // read memory that its user has mapped from a file system of his own may last for ever.
  const auto counts = [&](const fs::path& process) {
    if (!has_emulator(process)) return false;
    const auto user = real_user(process);
    return user && user_counts(*user) && matches(process) && runs_as_node(cmdline_of(process), alive, host);
  };
  for (const std::string& name : directory_names(proc).value_or(std::vector<std::string>{})) {
    const auto pid = parse_number<pid_t>(name);
    if (pid && counts(proc / name)) return pid;
  }
  return std::nullopt;
}

bool is_shell(const Ancestor& one) {
  return one.name == "sh" || one.name == "dash" || one.name == "bash";
}

/// The first process of a system or a container, or the manager of a user's services.
bool adopts_orphans(const Ancestor& one) {
  constexpr std::string_view names[] = {"systemd",   "init",        "tini",        "dumb-init",
                                        "catatonit", "docker-init", "podman-init", "s6-svscan"};
  return std::ranges::find(names, one.name) != std::end(names);
}

/// Programs that run dpkg several times, and end then. (Others, such as packagekitd, live on.)
bool ends_with_its_run(const Ancestor& one) {
  return one.name == "apt" || one.name == "apt-get" || one.name == "aptitude" ||
         one.name == "unattended-upgr";
}

std::vector<std::string> names_in(const fs::path& directory) {
  try {
    return directory_names(directory).value_or(std::vector<std::string>{});
  } catch (const SystemError&) {
    return {};
  }
}

/// What /proc/PID/stat reports of a process (proc(5)).
struct Stat {
  std::string name;
  pid_t parent = 0;
  std::string start;
};

std::optional<Stat> stat_of(pid_t pid) {
  const auto text = read_file_if_exists(proc_of(pid) / "stat");
  if (!text) return std::nullopt;
  // The name is in parentheses and may contain any character.
  const auto open = text->find('(');
  const auto close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  const auto fields = words(std::string_view(*text).substr(close + 1));
  constexpr std::size_t parent = 4, start = 22, first = 3;  // their numbers in the manual
  if (fields.size() <= start - first) return std::nullopt;
  return Stat{text->substr(open + 1, close - open - 1),
              parse_number<pid_t>(fields[parent - first]).value_or(0), std::string(fields[start - first])};
}

}  // namespace

ProcessId nearest_ancestor(const std::function<bool(const Ancestor&)>& matches) {
  auto stat = stat_of(::getpid());
  while (stat && stat->parent > 0) {  // in a container, 1 may be any program
    const pid_t pid = stat->parent;
    stat = stat_of(pid);
    if (stat && matches(Ancestor{{pid, stat->start}, stat->name})) return {pid, stat->start};
  }
  return {};
}

ProcessId calling_program() {
  return nearest_ancestor([](const Ancestor& one) { return !is_shell(one); });
}

bool is_orphan() {
  bool adopted = false;
  bool only_shells = false;  // of those that are seen: none without /proc, as in a chroot
  (void)nearest_ancestor([&](const Ancestor& one) {
    adopted = adopts_orphans(one);
    only_shells = is_shell(one);
    return !only_shells;
  });
  return adopted || only_shells;  // the first process of a container may be a shell
}

ProcessId calling_run() {
  ProcessId run = nearest_ancestor([](const Ancestor& one) { return one.name == "dpkg"; });
  if (run.pid == 0) run = calling_program();
  bool is_next = false;
  (void)nearest_ancestor([&, program = run](const Ancestor& one) {
    if (is_next && ends_with_its_run(one)) run = one.id;
    return std::exchange(is_next, one.id == program);
  });
  return run;
}

bool exists(const ProcessId& id) {
  const auto stat = stat_of(id.pid);
  return stat && stat->start == id.start;
}

std::string start_of(pid_t pid) {
  const auto stat = stat_of(pid);
  return stat ? stat->start : "";
}

std::vector<std::string> process_arguments(pid_t pid) {
  const Bytes cmdline = read_front(proc_of(pid) / "cmdline", largest_arguments);
  const auto arguments = arguments_in(cmdline);
  return {arguments.begin(), arguments.end()};
}

std::optional<fs::path> process_directory(pid_t pid) {
  return read_link_if_readable(proc_of(pid) / "cwd");
}

std::optional<std::string> service_in(std::string_view cgroups) {
  for (const std::string_view line : lines(cgroups)) {
    // NUMBER:CONTROLLERS:PATH; the name of a unit may have colons.
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && controllers != "name=systemd") continue;
    const auto groups = split(line.substr(second + 1), '/');
    const auto unit = std::ranges::find_if(
        groups, [](std::string_view group) { return !group.empty() && !group.ends_with(".slice"); });
    if (unit != groups.end() && unit->ends_with(".service") && !unit->starts_with("user@"))
      return std::string(*unit);
  }
  return std::nullopt;
}

std::optional<std::string> service_of(pid_t pid) {
  return service_in(read_file_if_exists(proc_of(pid) / "cgroup").value_or(""));
}

std::optional<std::string> own_program() {
  return read_link_if_readable("/proc/self/exe");
}

bool runs_as_node(std::string_view cmdline, std::string_view alive, std::string_view host) {
  const auto given = arguments_in(cmdline);
  if (given.empty() || !is_emulator(given[0])) return false;
  for (std::size_t i = 1; i + 1 < given.size(); ++i) {
    if (given[i] == "-extra") return false;  // the rest belongs to the user's program
    if ((given[i] == "-sname" || given[i] == "-name") && names_node(given[i + 1], alive, host)) return true;
  }
  return false;
}

std::vector<Emulator> emulators() {
  std::vector<Emulator> found;
  for (const std::string& name : directory_names(proc).value_or(std::vector<std::string>{})) {
    const auto pid = parse_number<pid_t>(name);
    if (!pid || !has_emulator(proc / name)) continue;
    const Bytes cmdline = cmdline_of(proc / name);
    const auto arguments = arguments_in(cmdline);
    if (arguments.empty() || !is_emulator(arguments.front())) continue;
    if (const auto user = real_user(proc / name))
      found.push_back({*pid, *user, {arguments.begin(), arguments.end()}});
  }
  std::ranges::sort(found, {}, &Emulator::pid);
  return found;
}

std::optional<std::string> environment_of(pid_t pid, std::string_view name) {
  try {
    const Bytes all = read_front(proc_of(pid) / "environ", largest_arguments);
    for (const std::string_view one : split(all, '\0'))
      if (one.starts_with(name) && one.substr(name.size()).starts_with('='))
        return std::string(one.substr(name.size() + 1));
  } catch (const SystemError&) {
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> foreign_network_of(pid_t pid) {
  const fs::path process = proc_of(pid);
  if (shares_network(process, own_network)) return std::nullopt;
  const fs::path named = "/run/netns";
  for (const std::string& name : names_in(named))
    if (is_visible_file(named / name) && shares_network(process, named / name)) return name;
  return (process / "ns/net").string();
}

std::optional<pid_t> find_node_process(std::string_view alive, std::string_view host,
                                       const UserCounts& user_counts, const std::string& network) {
  return find_process(alive, host, user_counts,
                      [&](const fs::path& process) { return shares_network(process, network); });
}

std::optional<pid_t> find_node_process_with_our_root(std::string_view alive, std::string_view host,
                                                     const UserCounts& user_counts,
                                                     const std::string& network) {
  return find_process(alive, host, user_counts, [&](const fs::path& process) {
    return shares_network(process, network) && is_our_root(process);
  });
}

bool are_of_other_system(const std::vector<std::uint64_t>& inodes) {
  std::set<std::string> sockets;
  for (const std::uint64_t inode : inodes)
    sockets.insert("socket:[" + std::to_string(inode) + "]");
  if (sockets.empty() || !file_status(proc / "self")) return false;
  for (const std::string& name : directory_names(proc).value_or(std::vector<std::string>{})) {
    const fs::path process = proc / name;
    if (!parse_number<pid_t>(name)) continue;
    const auto has = has_one_of(sockets, process);
    if (has ? *has && is_our_root(process) : may_be_emulator(process)) return false;
  }
  return true;
}

bool has_root_of_host() {
  return is_our_root(proc / "1");
}

}  // namespace erlrc
