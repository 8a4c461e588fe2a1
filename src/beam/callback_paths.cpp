// SPDX-License-Identifier: BSD-3-Clause
#include "callback_paths.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "code_walk.hpp"

// A path is a list of tests of the arguments, with their outcomes. All paths are followed, each with what it
// knows of the arguments, to where the callback returns or calls other code. Those that end in a failure are
// left out: so a state that passes no path that is left, with some message, ends its process. What is not
// understood is never a failure.

namespace erlrc {
namespace {

struct Callback {
  std::string_view name;
  std::uint32_t arity;
  std::uint32_t state;  // the number of its argument
};

constexpr auto kServer = std::to_array<Callback>(
    {{"handle_call", 3, 2}, {"handle_cast", 2, 1}, {"handle_info", 2, 1}, {"handle_continue", 2, 1}});
constexpr auto kHandler =
    std::to_array<Callback>({{"handle_event", 2, 1}, {"handle_call", 2, 1}, {"handle_info", 2, 1}});

// All paths of a module are compared with all of another one.
constexpr std::size_t kMostPaths = 2000;

constexpr auto kFollowed =
    std::to_array<std::string_view>({"gen_server", "Elixir.GenServer", "gen_event", "gen_statem"});

class CallbackReader {
public:
  explicit CallbackReader(const ShapeCode& module) : module_(module), walk_(module) {}

  Callbacks read() {
    found_.all = true;
    for (const Atom& behaviour : std::set<Atom>(module_.behaviours.begin(), module_.behaviours.end())) {
      const std::string& name = behaviour.name;
      if (name == "gen_server" || name == "Elixir.GenServer") follow_all(kServer);
      if (name == "gen_event") follow_all(kHandler);
      if (name == "gen_statem") follow_machine();
    }
    return std::move(found_);
  }

private:
  static WalkedValue part(PartTest::Place place) { return {WalkedValue::Kind::part, std::move(place)}; }

  void follow_all(const auto& callbacks) {
    for (const auto& [name, arity, state] : callbacks) {
      const FunctionName function{Atom{std::string(name)}, arity};
      std::vector<WalkedValue> arguments = messages(arity);
      arguments[state] = part({kState});
      follow(function, arguments, {});
    }
  }

  static std::vector<WalkedValue> messages(std::uint32_t arity) {
    std::vector<WalkedValue> arguments;
    for (std::uint32_t i = 0; i < arity; ++i)
      arguments.push_back(part({i}));
    return arguments;
  }

  // Its loop keeps the name of the state next to the data.
  void follow_machine() {
    const FunctionName all{Atom{"handle_event"}, 4};
    std::vector<WalkedValue> arguments = messages(4);
    arguments[2] = part({kState, std::uint32_t{1}});
    arguments[3] = part({kState, std::uint32_t{2}});
    if (walk_.has(all) && module_.exports.contains(all)) return follow(all, arguments, {});
    for (const FunctionName& function : module_.exports)
      if (function.arity == 3) {
        arguments = messages(3);
        arguments[2] = part({kState, std::uint32_t{2}});
        follow(function, arguments,
               {{{kState, std::uint32_t{1}}, PartTest::Kind::equals, function.name, 0, true}});
      }
  }

  void follow(const FunctionName& function, const std::vector<WalkedValue>& arguments,
              const PartTests& known) {
    if (!walk_.has(function) || !module_.exports.contains(function)) return;
    if (found_.paths.size() > kMostPaths) {
      found_.all = false;
      return;
    }
    const Walked walked = walk_.from(function, arguments, known);
    found_.escapes = found_.escapes || walked.escapes;
    found_.all = found_.all && walked.all;
    if (!walked.all) return;
    for (const PartTests& tests : walked.paths)
      found_.paths.insert(path(function, tests));
  }

  static CallbackPath path(const FunctionName& function, const PartTests& tests) {
    CallbackPath path{function.name, function.arity, {}, {}};
    for (PartTest test : tests)
      if (test.place.front() == PartTest::Place::value_type{kState}) {
        test.place.erase(test.place.begin());
        path.state.insert(std::move(test));
      } else {
        path.message.insert(std::move(test));
      }
    return path;
  }

  const ShapeCode& module_;
  CodeWalk walk_;
  Callbacks found_;
};

}  // namespace

Callbacks read_callbacks(const ShapeCode& module) {
  const auto is_followed = [](const Atom& behaviour) {
    return std::ranges::find(kFollowed, behaviour.name) != kFollowed.end();
  };
  if (std::ranges::none_of(module.behaviours, is_followed)) return {};
  return CallbackReader(module).read();
}

}  // namespace erlrc
