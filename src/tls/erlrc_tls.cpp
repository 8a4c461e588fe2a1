// SPDX-License-Identifier: BSD-3-Clause
// The helper program between one of our programs and a node that speaks TLS:
//
//   erlrc-tls CA NAME CERTIFICATE KEY DESCRIPTOR      each but the last may be empty
//
// Standard input is one end of a pair of sockets, with the distribution protocol; DESCRIPTOR is connected to
// the node. It prints at most one line, the reason why there is no connection, to standard error, and ends
// with either side.
#include <exception>
#include <string>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/relay.hpp>
#include <erlrc/sys/signals.hpp>
#include <erlrc/tls/tls_client.hpp>

namespace erlrc {
namespace {

constexpr int message = 2;

/// Certificates of a large organization, all of them.
constexpr std::size_t largest_pem = std::size_t{4} << 20U;

Bytes load(const std::string& path) {
  return path.empty() ? Bytes() : load_file_past_no_foreign_link(path, largest_pem).bytes;
}

struct Task {
  TlsIdentity identity;
  int network;
};

Task task_of(const std::vector<std::string>& arguments) {
  constexpr std::size_t ca = 1, name = 2, certificate = 3, key = 4, network = 5, count = 6;
  if (arguments.size() != count) throw Error("expected CA NAME CERTIFICATE KEY DESCRIPTOR");
  const auto number = parse_number<int>(arguments[network]);
  if (!number) throw Error("DESCRIPTOR: expected a number");
  const std::string& key_file = arguments[key].empty() ? arguments[certificate] : arguments[key];
  const Bytes key_bytes = key_file.empty() ? Bytes() : read_secret_file(key_file);
  return {{load(arguments[ca]), arguments[name], load(arguments[certificate]), key_bytes}, *number};
}

/// How long the last bytes may take when one side has ended.
constexpr milliseconds for_last_bytes{2'000};

/// Between the two sides until one of them ends. Returns why the connection failed; empty if it did not.
std::string relay(TlsClient& client, int network) {
  RelayEnd us(standard_input), node(network);
  std::string failure;
  const auto pass_on = [&] {
    try {
      if (const Bytes bytes = node.read(); !bytes.empty()) client.receive(bytes);
      if (const Bytes bytes = us.read(); !bytes.empty()) client.send(bytes);
    } catch (const ProtocolError& error) {
      failure = error.what();
    }
  };
  const auto move_output = [&] {
    node.write(client.take_output());
    us.write(client.take_plain());
  };
  const auto is_over = [&] {
    return us.is_closed() || node.is_closed() || client.is_closed() || !failure.empty();
  };
  for (move_output(); !is_over(); move_output()) {
    wait_for_either(us, node, Deadline::max());
    pass_on();
  }
  const Deadline until = after(for_last_bytes);
  while (!(us.has_written() && node.has_written()) && left_until(until) > milliseconds{0})
    wait_for_either(us, node, until);
  return failure;
}

int report(const std::string& why) {
  write_stream(message, why, "standard error");
  return 1;
}

}  // namespace
}  // namespace erlrc

int main(int argc, char** argv) {
  using namespace erlrc;
  try {
    // It ends when its connection does, so that what is under way is ended by the program that knows how.
    forward_end_signals(0);
    const Task task = task_of({argv, argv + argc});
    TlsClient client(task.identity);
    const std::string failure = relay(client, task.network);
    return failure.empty() ? 0 : report(failure);
  } catch (const std::exception& error) {
    return report(error.what());
  }
}
