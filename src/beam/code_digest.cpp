// SPDX-License-Identifier: BSD-3-Clause
#include "code_digest.hpp"

#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>

#include "instructions.hpp"
#include "opcodes.hpp"
#include "understood.hpp"

// The numbers of atoms, labels, literals, imports and funs depend on the rest of the module. They are
// replaced by what they mean. Where that is not done, as for pieces of binaries in the string table, nothing
// is known of the function.

namespace erlrc {
namespace {

// Later ones may have operands of kinds that are not known here.
constexpr std::uint8_t kLastKnown = kExecutableLine;

// Which operand of an instruction is the number of an import; none: -1.
int import_operand(std::uint8_t opcode) {
  switch (opcode) {
    case kBif0:
      return 0;
    case kCallExt:
    case kCallExtLast:
    case kCallExtOnly:
    case kBif1:
    case kBif2:
      return 1;
    case kGcBif1:
    case kGcBif2:
    case kGcBif3:
      return 2;
    default:
      return -1;
  }
}

// The operands of some are places in the string table, or numbers of funs.
bool is_known(std::uint8_t opcode) {
  return opcode <= kLastKnown && opcode != kBsPutString && opcode != kBsMatchString &&
         opcode != kBsCreateBin && opcode != kCallFun2;
}

struct Function {
  std::string name;      // and arity
  Md5 instructions{};    // without labels outside of it
  bool is_known = true;  // what all of them mean
  std::set<std::size_t> reached{};
  std::set<Atom> calls{};
};

class DigestReader {
public:
  explicit DigestReader(const CodeParts& module) : module_(module) { read_literals(); }

  std::optional<CodeDigest> read(const std::set<std::string>& functions) {
    // Labels of later functions are known in the second pass only.
    each_instruction([this](const BeamInstruction& instruction) { note_labels(instruction); });
    each_instruction([this](const BeamInstruction& instruction) { add(instruction); });
    std::set<std::size_t> reached;
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < functions_.size(); ++i)
      if (functions.contains(functions_[i].name)) open.push_back(i);
    if (open.empty()) return std::nullopt;
    while (!open.empty()) {
      const std::size_t index = open.back();
      open.pop_back();
      if (reached.insert(index).second)
        open.insert(open.end(), functions_[index].reached.begin(), functions_[index].reached.end());
    }
    Md5 md5;
    CodeDigest read;
    for (const std::size_t index : reached) {
      read.calls.insert(functions_[index].calls.begin(), functions_[index].calls.end());
      if (!functions_[index].is_known) return std::nullopt;
      md5.add(functions_[index].name + "\n");
      md5.add(to_bytes(functions_[index].instructions.digest()));
    }
    read.digest = md5.digest();
    return read;
  }

private:
  template <typename Visit>
  void each_instruction(const Visit& visit) {
    current_ = 0;
    BeamInstructions instructions(instructions_of(module_.code_chunk));
    while (const BeamInstruction* instruction = instructions.next()) {
      if (instruction->opcode == kEndOfCode) break;
      visit(*instruction);
    }
  }

  void read_literals() {
    if (module_.literals.empty()) return;
    ByteReader reader(module_.literals);
    for (std::uint32_t left = reader.u32(); left > 0; --left)
      literals_.push_back(to_bytes(md5(reader.take(reader.u32()))));
  }

  // The label before a func_info belongs to its function, too.
  void note_labels(const BeamInstruction& instruction) {
    if (instruction.opcode == kLabel) last_label_ = instruction.operands[0].value;
    if (instruction.opcode != kFuncInfo) return;
    starts_[last_label_] = functions_.size();
    functions_.push_back(
        {atom(instruction.operands[1].value).name + "/" + std::to_string(instruction.operands[2].value)});
  }

  void add(const BeamInstruction& instruction) {
    if (instruction.opcode == kFuncInfo) ++current_;
    if (current_ == 0 || instruction.opcode == kFuncInfo || instruction.opcode == kLine ||
        instruction.opcode == kExecutableLine)
      return;
    // The label that the next function begins with.
    if (instruction.opcode == kLabel && starts_.contains(instruction.operands[0].value)) return;
    Function& function = functions_[current_ - 1];
    if (!is_known(instruction.opcode)) function.is_known = false;
    std::string text = std::to_string(instruction.opcode);
    const int import = import_operand(instruction.opcode);
    for (int i = 0; i < static_cast<int>(instruction.operands.size()); ++i) {
      const Operand& operand = instruction.operands[static_cast<std::size_t>(i)];
      if (i == import)
        text += " " + called(operand.value);
      else if (i == 0 && (instruction.opcode == kMakeFun2 || instruction.opcode == kMakeFun3))
        text += label(module_.fun_labels.at(operand.value));
      else if (i == 0 && instruction.opcode == kLabel)
        text += label(operand.value);
      else
        text += meaning(operand);
    }
    for (const Operand& element : instruction.list)
      text += meaning(element);
    function.instructions.add(text + "\n");
  }

  std::string meaning(const Operand& operand) {
    switch (operand.tag) {
      case Operand::kAtom:
        return " '" + (operand.value == 0 ? "" : atom(operand.value).name) + "'";
      case Operand::kLabel:
        return operand.value == 0 ? " none" : label(operand.value);
      case Operand::kLiteral:
        return " " + literals_.at(operand.value);
      default:
        return " " + std::to_string(operand.tag) + ":" + std::to_string(operand.value);
    }
  }

  // Counted from the beginning of the function; the name of another one.
  std::string label(std::uint64_t number) {
    const auto after = starts_.upper_bound(number);
    if (after == starts_.begin()) throw Unreadable{};
    const auto& [first, index] = *std::prev(after);
    const std::size_t own = current_ - 1;
    if (index == own) return " +" + std::to_string(number - first);
    functions_[own].reached.insert(index);
    return " " + functions_[index].name;
  }

  Atom atom(std::uint64_t number) const { return module_.atom(static_cast<std::uint32_t>(number)); }

  std::string called(std::uint64_t number) {
    const auto& [module, function] = module_.imports.at(number);
    functions_[current_ - 1].calls.insert(module);
    return module.name + ":" + function.name.name + "/" + std::to_string(function.arity);
  }

  const CodeParts& module_;
  std::vector<Bytes> literals_;                  // their digests
  std::map<std::uint64_t, std::size_t> starts_;  // the first label of each function
  std::vector<Function> functions_;
  std::uint64_t last_label_ = 0;
  std::size_t current_ = 0;  // counted from 1
};

// A real one has a few hundred bytes.
constexpr std::size_t kLargestInformation = std::size_t{64} << 10;

}  // namespace

std::string compiler_version(const Chunks& chunks) {
  const auto data = chunks.find("CInf");
  if (!data || data->size() > kLargestInformation) return {};
  try {
    const Term info = decode_term(*data);
    const auto* entries = as_list(info);
    for (const Term& entry : entries != nullptr ? *entries : std::vector<Term>{})
      if (const auto* pair = as_tagged(entry, "version", 2)) return as_text(pair->back()).value_or("");
  } catch (const Error&) {
    return {};  // nothing else needs it
  }
  return {};
}

std::optional<CodeDigest> code_digest(const CodeParts& module, const std::set<std::string>& functions) {
  return understood_or(std::optional<CodeDigest>{}, [&] { return DigestReader(module).read(functions); });
}

}  // namespace erlrc
