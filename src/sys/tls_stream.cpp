// SPDX-License-Identifier: BSD-3-Clause
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/base/text.hpp>
#include <erlrc/sys/child_program.hpp>
#include <erlrc/sys/socket.hpp>

namespace erlrc {
namespace {

std::pair<UniqueFd, UniqueFd> pair_of_sockets() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    throw SystemError("socketpair", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

TlsStream::TlsStream(std::unique_ptr<Socket> network, const std::vector<std::string>& argv)
    : network_(std::move(network)) {
  auto [ours, theirs] = pair_of_sockets();
  auto [reads, writes] = pair_of_sockets();
  const int network_end = network_->descriptor();
  std::vector<std::string> all = argv;
  all.push_back(std::to_string(network_end));
  pid_ = start_helper(all, {theirs.get(), writes.get(), network_end});
  helper_.emplace(std::move(ours));
  reason_.emplace(std::move(reads));
}

TlsStream::~TlsStream() {
  helper_.reset();  // by which it ends
  ::waitpid(pid_, nullptr, WNOHANG);
}

Bytes TlsStream::read_some(Deadline until) {
  Bytes bytes = helper_->read_some(until);
  if (!bytes.empty()) return bytes;
  if (const Bytes why = reason_->read_some(until); !why.empty()) throw ProtocolError("TLS: " + one_line(why));
  return bytes;
}

void TlsStream::write_all(BytesView bytes, Deadline until) {
  helper_->write_all(bytes, until);
}

}  // namespace erlrc
