// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "several.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// What a node does that sends without a pause as soon as it is prepared.
void flood_when_prepared(FakeNode& node, Flood::Of of) {
  node.on_start([of, calls = 0](const test::Call&) mutable {
    return calls++ == 0 ? Script{Say{observed({{"egerl", "1.0"}})}, Exit{}}
                        : Script{Say{prepared()}, Flood{of}};
  });
}

}  // namespace

TEST_CASE("a prepared node that ticks without a pause does not keep the others from being upgraded") {
  Several several;
  FakeNode& a = several.add("a");
  flood_when_prepared(a, Flood::Of::ticks);
  FakeNode& b = several.add("b");
  CHECK(several.upgrade({"--timeout", "30"}).exit == 0);
  CHECK(a.messages() == kCommit);
  CHECK(b.messages() == kCommit);
}

TEST_CASE("a node that sends other messages without a pause fails, and the others are rolled back at once") {
  const Flood::Of of = GENERATE(Flood::Of::monitors, Flood::Of::messages);
  Several several;
  flood_when_prepared(several.add("a"), of);
  FakeNode& b = several.add("b");
  b.on_start([calls = 0](const test::Call&) mutable {
    if (calls++ == 0) return Script{Say{observed({{"egerl", "1.0"}})}, Exit{}};
    return Script{Wait{milliseconds(1500)}, Say{prepared()}};  // until a has been looked at often enough
  });
  CHECK(several.upgrade() ==
        Ran{1, "",
            "erlrc-upgrade: a: erlrc_runner: sends more than 1000 messages before its answer\n"
            "erlrc-upgrade: b: rolled_back: node a failed\n"});
  CHECK(b.messages() == kRollBack);
}

namespace {

std::atomic<int> end_signals = 0;

}  // namespace

TEST_CASE("a signal that ends a program waits from the first verdict to the last answer") {
  const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
  struct sigaction count {};
  count.sa_handler = [](int) { ++end_signals; };
  struct sigaction before {};
  REQUIRE(::sigaction(signal, &count, &before) == 0);
  end_signals = 0;
  std::atomic<int> seen_by_node = -1;
  Several several;
  several.add("a");
  several.add("b").on_message([&, program = ::pthread_self()](const Term&) {
    ::pthread_kill(program, signal);
    std::this_thread::sleep_for(milliseconds(50));  // a signal that does not wait has arrived by then
    seen_by_node = end_signals.load();
    return Script{Say{test::done()}, Exit{}};
  });
  CHECK(several.upgrade().exit == 0);
  CHECK(seen_by_node == 0);
  CHECK(end_signals == 1);
  ::sigaction(signal, &before, nullptr);
}
