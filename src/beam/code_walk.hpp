// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/beam/beam.hpp>
#include <erlrc/beam/shapes.hpp>

#include "instructions.hpp"
#include "part_test.hpp"
#include "read_shapes.hpp"

namespace erlrc {

// The first element of a place in the state. Others begin with the number of an argument.
constexpr std::uint32_t kState = 255;

// What is known of the term in a register.
struct WalkedValue {
  enum class Kind : std::uint8_t { other, part, atom, test };
  Kind kind = Kind::other;
  PartTest::Place place{};  // of a part of an argument
  std::set<Atom> put{};     // the keys that were put into it, if it is a map: it is that part but for those
  Atom atom{};
  PartTest test{};           // it is true if this holds
  bool holds_state = false;  // a part of the state is in it
  auto operator<=>(const WalkedValue&) const = default;
};

bool is_part(const WalkedValue& value);
bool holds_state(const WalkedValue& value);

// The guard that an instruction is; empty for others.
std::string_view type_tested(std::uint8_t opcode);

// The paths from the beginning of a function to where it returns or calls other code, each by what it tests
// of parts of the arguments.
struct Walked {
  std::set<PartTests> paths;
  bool all = true;       // followed to the end
  bool escapes = false;  // the state gets to code that was not followed
};

class CodeWalk {
public:
  // Throws Unreadable and ShortRead.
  explicit CodeWalk(const ShapeCode& module);

  bool has(const FunctionName& function) const { return entries_.contains(function); }
  Walked from(const FunctionName& function, const std::vector<WalkedValue>& arguments,
              const PartTests& known);

private:
  using Registers = std::map<std::uint64_t, WalkedValue>;  // without those of which nothing is known

  // Where a function of the module returns to.
  struct Frame {
    std::size_t next = 0;
    std::uint64_t called = 0;
    Registers y{};
    auto operator<=>(const Frame&) const = default;
  };

  struct Point {
    std::size_t next = 0;  // the place of the instruction
    Registers x{}, y{};
    std::vector<Frame> frames{};
    PartTests tests{};
    auto operator<=>(const Point&) const = default;
  };

  // Each of these continues or ends the path `at`.
  void run(Point at);
  bool is_too_long(const Point& at, std::size_t instructions = 1);
  static std::size_t known(const Registers& registers);
  static std::size_t known(const Point& at);
  bool step(Point& at, const BeamInstruction& instruction);
  bool step_test(Point& at, const BeamInstruction& instruction);
  bool step_bif(Point& at, const BeamInstruction& instruction);
  bool step_map(Point& at, const BeamInstruction& instruction);
  bool step_call(Point& at, const BeamInstruction& instruction);
  bool step_other(Point& at, const BeamInstruction& instruction);
  bool call_local(Point& at, std::uint64_t arity, std::uint64_t label, bool last);
  bool call_other(Point& at, const BeamInstruction& instruction, bool last);
  bool call_maps(Point& at, const ImportedFunction& function);
  bool finish(const Point& at);
  bool leave(Point& at);
  bool branch(Point& at, const PartTest& test, std::uint64_t label);
  bool select(Point& at, const BeamInstruction& instruction, PartTest::Kind kind);
  bool compare(Point& at, const BeamInstruction& instruction, bool equal);
  bool require(Point& at, const WalkedValue& value, PartTest::Kind kind, const Atom& atom);
  bool require_key(Point& at, const WalkedValue& map, const Atom& key);
  void jump(const Point& at, std::uint64_t label);
  void escape(const Point& at, std::uint64_t arity);

  WalkedValue value(const Point& at, const Operand& operand) const;
  WalkedValue part_of(const WalkedValue& whole, PartTest::Place::value_type step) const;
  static void set(Point& at, const Operand& to, WalkedValue value);
  std::optional<Atom> atom(const Operand& operand) const;

  const ShapeCode& module_;
  BytesView code_;
  std::map<std::uint64_t, std::size_t> labels_;  // -> place in the code
  std::map<FunctionName, std::size_t> entries_;
  std::set<Point> seen_;
  std::vector<Point> open_;
  Walked walked_;
  std::size_t left_ = 0;  // instructions of the function
  std::size_t left_of_module_;
  std::size_t tests_ = 0;  // of the paths
};

}  // namespace erlrc
