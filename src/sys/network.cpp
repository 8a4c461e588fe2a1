// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/network.hpp>

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <thread>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/signals.hpp>
#include <erlrc/sys/unique_fd.hpp>

namespace erlrc {
namespace {

void enter(const std::string& name) {
  const std::string file = network_file(name);
  const UniqueFd network(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!network) throw SystemError("network " + file + ": open", errno);
  if (::setns(network.get(), CLONE_NEWNET) != 0) throw SystemError("network " + file + ": enter", errno);
}

}  // namespace

bool is_network_name(std::string_view name) {
  return !name.empty() && !has_control(name) && !name.starts_with('.') &&
         (name.starts_with('/') || name.find('/') == std::string_view::npos);
}

std::string network_file(const std::string& name) {
  return name.starts_with('/') ? name : "/run/netns/" + name;
}

void in_network(const std::string& name, const std::function<void()>& body) {
  std::exception_ptr failure;
  const auto run = [&]() noexcept {
    try {
      const SignalStack stack;
      enter(name);
      body();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  try {
    // It ends there, so nothing else runs in that namespace by mistake.
    std::jthread(run).join();
  } catch (const std::system_error& error) {
    throw SystemError("network " + name + ": start a thread", error.code().value());
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace erlrc
