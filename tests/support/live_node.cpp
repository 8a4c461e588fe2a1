// SPDX-License-Identifier: BSD-3-Clause
#include "live_node.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include <erlrc/node/connect.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/socket.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc::test {
namespace {

constexpr milliseconds start_time{180000};
constexpr const char* up = "the node is up";

/// Parses and evaluates Argument, and sends the value.
constexpr const char* evaluation_forms = R"([
  {call,1,{atom,1,group_leader},[{call,1,{atom,1,whereis},[{atom,1,user}]},{call,1,{atom,1,self},[]}]},
  {match,1,{tuple,1,[{atom,1,ok},{var,1,'Tokens'},{var,1,'_'}]},
    {call,1,{remote,1,{atom,1,erl_scan},{atom,1,string}},
      [{call,1,{remote,1,{atom,1,unicode},{atom,1,characters_to_list}},[{var,1,'Argument'}]}]}},
  {match,1,{tuple,1,[{atom,1,ok},{var,1,'Exprs'}]},
    {call,1,{remote,1,{atom,1,erl_parse},{atom,1,parse_exprs}},[{var,1,'Tokens'}]}},
  {match,1,{tuple,1,[{atom,1,value},{var,1,'Value'},{var,1,'_'}]},
    {call,1,{remote,1,{atom,1,erl_eval},{atom,1,exprs}},
      [{var,1,'Exprs'},{call,1,{remote,1,{atom,1,erl_eval},{atom,1,new_bindings}},[]}]}},
  {op,1,'!',{var,1,'Client'},{tuple,1,[{var,1,'Ref'},{var,1,'Value'}]}}].)";

/// Polls until `holds` returns true; returns false after the time that a node may take.
template <typename Condition>
bool comes_true(Condition&& holds) {
  const Deadline until = after(start_time);
  while (!holds()) {
    if (left_until(until).count() == 0) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> made;
  made.reserve(texts.size() + 1);
  for (std::string& text : texts)
    made.push_back(text.data());
  made.push_back(nullptr);
  return made;
}

}  // namespace

std::uint16_t free_port() {
  // Below the ports that connections get by themselves, which would take it before its server does.
  static std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<int> ports(10'000, 32'000);
  for (int tries = 0; tries < 100; ++tries) {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(ports(random)));
    if (fd && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      return ntohs(address.sin_port);
  }
  throw SystemError("free port: bind", errno);
}

Child::Child(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
             const std::filesystem::path& log) {
  std::vector<std::string> given = arguments;
  const std::vector<char*> argv = pointers(given);
  const UniqueFd out(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!out || !null) throw SystemError(log.string() + ": open", errno);
  pid_ = ::fork();
  if (pid_ < 0) throw SystemError("fork", errno);
  if (pid_ > 0) return;
  // This also works if the test is killed by a signal.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(null.get(), 0);
  ::dup2(out.get(), 1);
  ::dup2(out.get(), 2);
  for (const std::string& setting : environment) {
    const auto equals = setting.find('=');
    ::setenv(setting.substr(0, equals).c_str(), setting.substr(equals + 1).c_str(), 1);
  }
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

bool Child::runs() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = 0;
  return pid_ > 0;
}

int Child::ends() {
  int status = 0;
  if (::waitpid(std::exchange(pid_, 0), &status, 0) < 0) throw SystemError("waitpid", errno);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Child::kill() {
  if (!runs()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void Child::signal(int number) const {
  if (pid_ <= 0) return;
  ::kill(pid_, number);
  // It takes a moment until all its threads have stopped.
  if (number == SIGSTOP) ::waitpid(pid_, nullptr, WUNTRACED);
}

LiveEpmd::LiveEpmd()
    : port_(free_port()),
      child_({"epmd", "-port", std::to_string(port_), "-address", "127.0.0.1"}, {}, dir_ / "log") {
  if (!comes_true(
          [&] { return connect_to_local_port(port_, after(start_time)) != nullptr || !child_.runs(); }) ||
      !child_.runs())
    throw std::runtime_error("epmd does not start: " + read_file(dir_ / "log"));
}

LiveNode::LiveNode(const LiveEpmd& epmd, LiveNodeOptions options)
    : LiveNode(epmd.port(), std::move(options)) {}

LiveNode::LiveNode(std::uint16_t epmd_port, LiveNodeOptions options)
    : epmd_port_(epmd_port), cookie_(options.cookie) {
  static std::atomic<int> nodes = 0;
  alive_ = options.alive.empty() ? "live" + std::to_string(::getpid()) + "_" + std::to_string(++nodes)
                                 : options.alive;
  start(std::move(options));
}

void LiveNode::start(LiveNodeOptions options) {
  home_->write(".erlang.cookie", cookie_, 0400);
  const bool is_short = options.host.empty();
  std::vector<std::string> arguments{"erl", "-noinput", is_short ? "-sname" : "-name",
                                     is_short ? alive_ : alive_ + "@" + options.host};
  if (options.ipv6) {
    arguments.insert(arguments.end(), {"-proto_dist", "inet6_tcp"});
  }
  arguments.insert(arguments.end(), {"-kernel", "inet_dist_use_interface",
                                     options.ipv6 ? "{0,0,0,0,0,0,0,1}" : options.interface});
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  // Comes last, so that everything requested is done when the node counts as started.
  arguments.insert(arguments.end(), {"-eval", std::string("io:format(\"") + up + "~n\")."});
  arguments.insert(arguments.begin(), options.before.begin(), options.before.end());
  std::vector<std::string> environment{"HOME=" + home_->path().string(),
                                       "ERL_EPMD_PORT=" + std::to_string(epmd_port_),
                                       "ERL_EPMD_ADDRESS=127.0.0.1", "ERL_CRASH_DUMP_BYTES=0"};
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  child_ = Child(arguments, environment, *home_ / "log");
  const bool came = comes_true([&] { return log().find(up) != std::string::npos || !child_.runs(); });
  if (!came || !child_.runs()) throw std::runtime_error("erl does not start: " + log());
}

NodeEntry LiveNode::entry() const {
  return {{alive_, std::nullopt}, Cookie(cookie_), std::nullopt, epmd_port_, ::geteuid()};
}

std::string LiveNode::log() const {
  return read_file(*home_ / "log");
}

Term LiveNode::evaluate(std::string_view expressions) const {
  const auto rpc = connect(entry(), after(start_time));
  if (!rpc) throw std::runtime_error(alive_ + " is down: " + log());
  static const Bytes forms = encode_term(parse_term(evaluation_forms)).substr(1);
  rpc->start({"evaluate", forms, {}}, binary(expressions));
  return rpc->receive(after(start_time));
}

bool LiveNode::has_our_root() const {
  return file_identity("/proc/" + std::to_string(pid()) + "/root/usr") == file_identity("/usr");
}

int LiveNode::otp_release() const {
  return static_cast<int>(as_integer(evaluate("list_to_integer(erlang:system_info(otp_release)).")).value());
}

}  // namespace erlrc::test
