// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/parallel.hpp>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>
#include <latch>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <erlrc/base/error.hpp>

#include "catch.hpp"
#include "thread_stacks.hpp"

using namespace erlrc;

namespace {

std::string message(const std::exception_ptr& error) {
  if (!error) return "none";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    return message_of(caught, "tried");
  }
}

std::vector<std::string> messages(const std::vector<std::exception_ptr>& errors) {
  std::vector<std::string> all;
  std::ranges::transform(errors, std::back_inserter(all), message);
  return all;
}

}  // namespace

TEST_CASE("all bodies run at the same time, each in a thread of its own") {
  std::barrier all_here(20);
  std::vector<std::thread::id> threads(20);
  const auto errors = for_each_parallel(20, [&](std::size_t i) {
    all_here.arrive_and_wait();
    threads[i] = std::this_thread::get_id();
  });
  CHECK(std::ranges::count(errors, nullptr) == 20);
  CHECK(std::set(threads.begin(), threads.end()).size() == 20);
  CHECK(std::ranges::count(threads, std::this_thread::get_id()) == 0);
}

TEST_CASE("an exception of any kind reaches the place of its body, and stops no other body") {
  std::vector<int> called(5);
  const auto errors = for_each_parallel(5, [&](std::size_t i) {
    ++called[i];
    if (i == 1) throw Error("one");
    if (i == 2) throw std::bad_alloc();
    if (i == 3) (void)std::filesystem::directory_iterator("/nowhere/at/all");
  });
  CHECK(called == std::vector{1, 1, 1, 1, 1});
  CHECK(messages(errors) ==
        std::vector<std::string>{"none", "one", "tried: out of memory",
                                 "tried: filesystem error: directory iterator cannot open directory: "
                                 "No such file or directory [/nowhere/at/all]",
                                 "none"});
}

TEST_CASE("the first exception is that of the first body, whichever came earlier") {
  std::latch second_is_done(1);
  const auto errors = for_each_parallel(2, [&](std::size_t i) {
    if (i == 0) second_is_done.wait();
    if (i == 1) second_is_done.count_down();
    throw Error("body " + std::to_string(i));
  });
  CHECK_THROWS_WITH(rethrow_first(errors), "body 0");
  CHECK_NOTHROW(rethrow_first({}));
  CHECK_NOTHROW(rethrow_first({nullptr, nullptr}));
}

TEST_CASE("a few threads make all calls, each once") {
  std::vector<int> called(1000);
  std::vector<std::thread::id> threads(1000);
  for_each_parallel(1000,
                    [&](std::size_t i) {
                      ++called[i];
                      threads[i] = std::this_thread::get_id();
                    },
                    {3});
  CHECK(std::ranges::count(called, 1) == 1000);
  CHECK(std::set(threads.begin(), threads.end()).size() <= 3);
}

TEST_CASE("calls that end soon share the first threads") {
  std::vector<std::thread::id> threads(1000);
  for_each_parallel(1000, [&](std::size_t i) { threads[i] = std::this_thread::get_id(); },
                    {4, std::chrono::minutes(1)});
  CHECK(std::set(threads.begin(), threads.end()).size() <= 4);
  CHECK(std::ranges::count(threads, std::this_thread::get_id()) == 0);
}

TEST_CASE("while calls wait, more threads start") {
  std::barrier all_here(20);
  const auto errors = for_each_parallel(
      20, [&](std::size_t) { all_here.arrive_and_wait(); }, threads_as_needed);
  CHECK(std::ranges::count(errors, nullptr) == 20);
}

TEST_CASE("calls that wait do not hold up the others if no further thread can be started") {
  std::optional<test::ThreadStacks> none;
  std::barrier both_here(2);
  std::latch others_ended(2);
  for_each_parallel(4,
                    [&](std::size_t i) {
                      if (i > 1) return others_ended.count_down();
                      both_here.arrive_and_wait();
                      if (i == 0) none.emplace(test::ThreadStacks::impossible);
                      others_ended.wait();
                    },
                    {2, std::chrono::seconds(1)});
  CHECK(others_ended.try_wait());
}

TEST_CASE("one body runs in the calling thread, and so do all if one thread is enough") {
  const auto [count, threads] = GENERATE(table<std::size_t, std::size_t>({{1, 9}, {5, 1}, {5, 0}, {0, 9}}));
  const auto caller = std::this_thread::get_id();
  std::size_t called = 0;
  for_each_parallel(count,
                    [&](std::size_t) {
                      ++called;
                      CHECK(std::this_thread::get_id() == caller);
                    },
                    {threads});
  CHECK(called == count);
}

TEST_CASE("bodies whose threads cannot be created run in the calling thread, one after the other") {
  const test::ThreadStacks none(test::ThreadStacks::impossible);
  std::string order;
  const auto errors = for_each_parallel(4, [&](std::size_t i) {
    order += std::to_string(i);
    if (i == 1) throw Error("one");
  });
  CHECK(order == "0123");
  CHECK(messages(errors) == std::vector<std::string>{"none", "one", "none", "none"});
}

TEST_CASE("a body has room for deep recursion even if threads get small stacks by default") {
  const test::ThreadStacks small(std::size_t{GENERATE(8U, 2U)} << 20);
  const std::function<std::size_t(int)> down = [&](int depth) -> std::size_t {
    volatile char frame[4000] = {1};
    return depth == 0 ? 0 : down(depth - 1) + static_cast<std::size_t>(frame[0]);
  };
  rethrow_first(for_each_parallel(2, [&](std::size_t) {
    if (down(1000) != 1000) throw Error("lost the way");
  }));
}
