// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/app/appup.hpp>
#include <erlrc/term/term.hpp>

// The instructions of appup(4) (sasl reference manual) as values: the high-level ones, written by authors,
// and the low-level ones, executed by a node.

namespace erlrc {

enum class Purge { soft, brutal };

/// How long to wait for a process, in milliseconds.
struct TimeLimit {
  enum class Kind { standard, finite, infinity } kind = Kind::standard;  ///< standard: `default` in the file
  std::int64_t milliseconds = 0;
  bool operator==(const TimeLimit&) const = default;
};

// --- high-level instructions

struct Update {
  enum class ModType { dynamic_, static_ };
  Atom module{};
  ModType mod_type = ModType::dynamic_;
  TimeLimit limit{};
  std::optional<Term> extra{};  ///< {advanced, Extra}; absent for soft: processes are not converted
  bool supervisor = false;      ///< {update, Module, supervisor}
  Purge pre_purge = Purge::brutal;
  Purge post_purge = Purge::brutal;
  std::vector<Atom> depends_on{};
  bool operator==(const Update&) const = default;
};
struct LoadModule {
  Atom module{};
  Purge pre_purge = Purge::brutal;
  Purge post_purge = Purge::brutal;
  std::vector<Atom> depends_on{};
  bool operator==(const LoadModule&) const = default;
};
struct AddModule {
  Atom module{};
  std::vector<Atom> depends_on{};
  bool operator==(const AddModule&) const = default;
};
struct DeleteModule {
  Atom module{};
  std::vector<Atom> depends_on{};
  bool operator==(const DeleteModule&) const = default;
};
struct AddApplication {
  Atom app{};
  Atom type{};  ///< permanent, transient, temporary, load or none
  bool operator==(const AddApplication&) const = default;
};
struct RemoveApplication {
  Atom app{};
  bool operator==(const RemoveApplication&) const = default;
};
struct RestartApplication {
  Atom app{};
  bool operator==(const RestartApplication&) const = default;
};

// --- low-level instructions

struct LoadObjectCode {
  Atom app{};
  std::string vsn{};
  std::vector<Atom> modules{};
  bool operator==(const LoadObjectCode&) const = default;
};
struct PointOfNoReturn {
  bool operator==(const PointOfNoReturn&) const = default;
};
struct Load {
  Atom module{};
  Purge pre_purge = Purge::brutal;
  Purge post_purge = Purge::brutal;
  bool operator==(const Load&) const = default;
};
struct Remove {
  Atom module{};
  Purge pre_purge = Purge::brutal;
  Purge post_purge = Purge::brutal;
  bool operator==(const Remove&) const = default;
};
struct PurgeModules {
  std::vector<Atom> modules{};
  bool operator==(const PurgeModules&) const = default;
};
struct Suspend {
  struct Item {
    Atom module{};
    TimeLimit limit{};
    bool operator==(const Item&) const = default;
  };
  std::vector<Item> items{};
  bool operator==(const Suspend&) const = default;
};
struct CodeChange {
  struct Item {
    Atom module{};
    Term extra{};
    bool operator==(const Item&) const = default;
  };
  Direction mode = Direction::up;
  std::vector<Item> items{};
  bool operator==(const CodeChange&) const = default;
};
struct Resume {
  std::vector<Atom> modules{};
  bool operator==(const Resume&) const = default;
};
struct StopProcesses {  ///< {stop, [Module]}
  std::vector<Atom> modules{};
  bool operator==(const StopProcesses&) const = default;
};
struct StartProcesses {  ///< {start, [Module]}
  std::vector<Atom> modules{};
  bool operator==(const StartProcesses&) const = default;
};
struct SyncNodes {
  Term id{};
  Term nodes{};  ///< [Node] or {M,F,A}
  bool operator==(const SyncNodes&) const = default;
};
struct Apply {
  Atom module{};
  Atom function{};
  std::vector<Term> args{};
  bool operator==(const Apply&) const = default;
};
struct RestartNewEmulator {
  bool operator==(const RestartNewEmulator&) const = default;
};
struct RestartEmulator {
  bool operator==(const RestartEmulator&) const = default;
};

// Copying, moving and comparing a variant of this many kinds takes the compiler seconds in every source file
// that does it. So these functions are compiled once, in src/script/instruction_variant.cpp.

using LowLevelKinds =
    std::variant<LoadObjectCode, PointOfNoReturn, Load, Remove, PurgeModules, Suspend, CodeChange, Resume,
                 StopProcesses, StartProcesses, SyncNodes, Apply, RestartNewEmulator, RestartEmulator>;
/// An instruction as a node executes it. Each of its kinds is one of the kinds of Instruction, too.
struct LowLevel : LowLevelKinds {
  using LowLevelKinds::LowLevelKinds;
  LowLevel(const LowLevel&);
  LowLevel(LowLevel&&) noexcept;
  LowLevel& operator=(const LowLevel&);
  LowLevel& operator=(LowLevel&&) noexcept;
  ~LowLevel();
  bool operator==(const LowLevel& other) const;
};

using InstructionKinds = std::variant<Update, LoadModule, AddModule, DeleteModule, AddApplication,
                                      RemoveApplication, RestartApplication, LoadObjectCode, PointOfNoReturn,
                                      Load, Remove, PurgeModules, Suspend, CodeChange, Resume, StopProcesses,
                                      StartProcesses, SyncNodes, Apply, RestartNewEmulator, RestartEmulator>;
/// An instruction of an appup, high-level or low-level.
struct Instruction : InstructionKinds {
  using InstructionKinds::InstructionKinds;
  Instruction(const Instruction&);
  Instruction(Instruction&&) noexcept;
  Instruction& operator=(const Instruction&);
  Instruction& operator=(Instruction&&) noexcept;
  ~Instruction();
  bool operator==(const Instruction& other) const;
};

/// Parses one instruction of an appup. Throws Error with the instruction and what was expected, for an
/// unknown instruction and for arguments of a wrong type.
Instruction parse_instruction(const Term& term);

/// The term of a low-level instruction, as in systools_rc.
Term to_term(const LowLevel& instruction);

}  // namespace erlrc
