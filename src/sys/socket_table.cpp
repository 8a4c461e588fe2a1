// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/socket_table.hpp>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <set>
#include <span>
#include <string_view>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/unique_fd.hpp>

namespace erlrc {
namespace {

constexpr std::array<std::uint8_t, 12> before_ipv4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// A state of the kernel (include/net/tcp_states.h).
constexpr unsigned listen_state = 10;

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// `0100007F:1F90`: words of 32 bits as they are in memory, printed as numbers of this machine.
std::optional<Endpoint> parse_endpoint(std::string_view text) {
  constexpr std::size_t digits = 8;
  const auto colon = text.find(':');
  if (colon != digits && colon != 4 * digits) return std::nullopt;
  Endpoint end;
  std::size_t at = 0;
  if (colon == digits) {
    std::ranges::copy(before_ipv4, end.address.begin());
    at = before_ipv4.size();
  }
  for (std::size_t i = 0; i < colon; i += digits, at += sizeof(std::uint32_t)) {
    const auto word = parse_hex(text.substr(i, digits));
    if (!word) return std::nullopt;
    std::memcpy(&end.address.at(at), &*word, sizeof *word);
  }
  const auto port = parse_hex(text.substr(colon + 1));
  if (!port || *port > 0xffff) return std::nullopt;
  end.port = static_cast<std::uint16_t>(*port);
  return end;
}

std::optional<TcpSocket> parse_row(std::string_view line) {
  constexpr std::size_t local = 1, remote = 2, state = 3, uid = 7, inode = 9;
  const auto fields = words(line);
  if (fields.size() <= inode) return std::nullopt;
  const auto from = parse_endpoint(fields[local]);
  const auto to = parse_endpoint(fields[remote]);
  const auto in_state = parse_hex(fields[state]);
  const auto owner = parse_number<uid_t>(fields[uid]);
  const auto number = parse_number<std::uint64_t>(fields[inode]);
  if (!from || !to || !in_state || !owner || !number) return std::nullopt;
  return TcpSocket{*from, *to, *in_state == listen_state, *owner, *number};
}

/// All that the kernel lists, of IPv4 and IPv6, in the network of `process`, a directory of /proc: by default
/// of this thread (/proc/net is that of the first one). nullopt: there is no such file.
std::optional<std::vector<TcpSocket>> load_tcp_tables(const std::string& process = "/proc/thread-self") {
  std::optional<std::vector<TcpSocket>> all;
  for (const char* file : {"/net/tcp", "/net/tcp6"}) {
    const auto text = read_file_if_exists(process + file);
    if (!text) continue;
    if (!all) all.emplace();
    std::ranges::move(parse_tcp_table(*text), std::back_inserter(*all));
  }
  return all;
}

struct Question {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

Question question_about(const Endpoint& local, const Endpoint& remote) {
  Question question;
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.body.sdiag_protocol = IPPROTO_TCP;
  question.body.idiag_states = ~0U;
  inet_diag_sockid& id = question.body.id;
  id.idiag_sport = htons(local.port);
  id.idiag_dport = htons(remote.port);
  std::ranges::fill(id.idiag_cookie, INET_DIAG_NOCOOKIE);
  const bool ipv4 = local.is_ipv4();
  question.body.sdiag_family = ipv4 ? AF_INET : AF_INET6;
  const std::size_t skipped = ipv4 ? before_ipv4.size() : 0;
  std::memcpy(id.idiag_src, &local.address.at(skipped), local.address.size() - skipped);
  std::memcpy(id.idiag_dst, &remote.address.at(skipped), remote.address.size() - skipped);
  return question;
}

/// What netlink answers.
struct Found {
  int error = 0;  ///< an errno value; ENOENT: there is no such socket, or no such interface
  inet_diag_msg socket{};
};

Found ask_kernel(const Question& question) {
  const UniqueFd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink) return {errno};
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::sendto(netlink.get(), &question, sizeof question, 0, reinterpret_cast<const sockaddr*>(&kernel),
               sizeof kernel) < 0)
    return {errno};
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  const ssize_t size = ::recv(netlink.get(), answer.data(), answer.size(), 0);
  if (size < 0) return {errno};
  nlmsghdr header{};
  if (static_cast<std::size_t>(size) < sizeof header) return {EPROTO};
  std::memcpy(&header, answer.data(), sizeof header);
  const char* body = answer.data() + NLMSG_HDRLEN;
  const std::size_t left = static_cast<std::size_t>(size) - NLMSG_HDRLEN;
  if (header.nlmsg_type == NLMSG_ERROR && left >= sizeof(nlmsgerr)) {
    nlmsgerr error{};
    std::memcpy(&error, body, sizeof error);
    return {error.error != 0 ? -error.error : EPROTO};
  }
  Found found;
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || left < sizeof found.socket) return {EPROTO};
  std::memcpy(&found.socket, body, sizeof found.socket);
  return found;
}

}  // namespace

bool Endpoint::is_ipv4() const {
  return std::ranges::equal(before_ipv4, std::span(address).first(before_ipv4.size()));
}

std::optional<Endpoint> parse_address(const std::string& text, std::uint16_t port) {
  Endpoint end;
  end.port = port;
  if (::inet_pton(AF_INET6, text.c_str(), end.address.data()) == 1) return end;
  std::ranges::copy(before_ipv4, end.address.begin());
  if (::inet_pton(AF_INET, text.c_str(), &end.address.at(before_ipv4.size())) == 1) return end;
  return std::nullopt;
}

std::vector<TcpSocket> parse_tcp_table(BytesView text) {
  std::vector<TcpSocket> sockets;
  for (const std::string_view line : lines(text))
    if (auto row = parse_row(line)) sockets.push_back(*row);
  return sockets;
}

std::optional<TcpSocket> find_tcp_socket(const Endpoint& local, const Endpoint& remote) {
  const Found found = ask_kernel(question_about(local, remote));
  if (found.error == 0) {
    // Without such a connection, the kernel answers with the socket that listens there.
    if (found.socket.idiag_state == listen_state) return std::nullopt;
    return TcpSocket{local, remote, false, found.socket.idiag_uid, found.socket.idiag_inode};
  }
  const auto all = load_tcp_tables();
  if (!all) throw SystemError("sock_diag", found.error);
  const auto row = std::ranges::find_if(
      *all, [&](const TcpSocket& socket) { return socket.local == local && socket.remote == remote; });
  return row == all->end() ? std::nullopt : std::optional(*row);
}

std::optional<TcpSocket> find_listener(const Endpoint& end) {
  Endpoint any;
  if (end.is_ipv4()) std::ranges::copy(before_ipv4, any.address.begin());
  const Found found = ask_kernel(question_about(end, any));
  if (found.error != 0 || found.socket.idiag_state != listen_state) return std::nullopt;
  return TcpSocket{end, any, true, found.socket.idiag_uid, found.socket.idiag_inode};
}

std::vector<std::uint16_t> listening_ports_of(pid_t pid) {
  constexpr std::string_view before = "socket:[";
  const std::string process = "/proc/" + std::to_string(pid);
  std::set<std::uint64_t> files;
  std::set<std::uint16_t> ports;
  try {
    for (const std::string& name : directory_names(process + "/fd").value_or(std::vector<std::string>{})) {
      const auto link = read_link_if_readable(process + "/fd/" + name);
      if (!link || !link->starts_with(before) || !link->ends_with(']')) continue;
      const std::string_view number = std::string_view(*link).substr(before.size());
      if (const auto file = parse_number<std::uint64_t>(number.substr(0, number.size() - 1)))
        files.insert(*file);
    }
    for (const TcpSocket& socket : load_tcp_tables(process).value_or(std::vector<TcpSocket>{}))
      if (socket.listens && files.contains(socket.inode)) ports.insert(socket.local.port);
  } catch (const SystemError&) {
    return {};  // as without /proc, or when it has ended
  }
  return {ports.begin(), ports.end()};
}

std::vector<TcpSocket> listening_on(std::uint16_t port) {
  std::vector<TcpSocket> found;
  try {
    for (const TcpSocket& socket : load_tcp_tables().value_or(std::vector<TcpSocket>{}))
      if (socket.listens && socket.local.port == port &&
          std::ranges::find(found, socket.local, &TcpSocket::local) == found.end())
        found.push_back(socket);
  } catch (const SystemError&) {
    // As without /proc.
  }
  return found;
}

}  // namespace erlrc
