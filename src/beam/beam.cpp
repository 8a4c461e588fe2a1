// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/beam.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/beam/inflate.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>

#include "awaits.hpp"
#include "callback_paths.hpp"
#include "chunks.hpp"
#include "code_chunk.hpp"
#include "code_digest.hpp"
#include "instructions.hpp"
#include "module_chunks.hpp"
#include "read_shapes.hpp"
#include "record_use.hpp"
#include "self_calls.hpp"
#include "supervisor_init.hpp"
#include "understood.hpp"

// Literals and debug information, the bulk of a file, are hardly decoded here: the md5 is taken over the data
// of the chunks as they are.

namespace erlrc {
namespace {

// No real module has so many, each of which takes much more memory than in the file.
constexpr std::size_t kMostFunctions = std::size_t{1} << 16;

// A term takes a hundred times the memory that it takes in the file.
constexpr std::size_t kLargestAttributes = std::size_t{256} << 10;

// The chunks whose md5 identifies a module, in the order of beam_lib:md5/1; missing ones are skipped.
constexpr std::array<std::string_view, 11> kMd5Chunks{"Atom", "AtU8", "Code", "StrT", "ImpT", "ExpT",
                                                      "FunT", "LitT", "Meta", "Recs", "DbgB"};

// The table of funs holds a number for each fun, taken from a hash over the module with its debug information
// and its line numbers; the md5 leaves it out.
void add_fun_table(Md5& md5, BytesView data) {
  constexpr std::size_t kHeader = 4;
  constexpr std::size_t kEntry = 24;
  constexpr std::size_t kOldUniq = 4;
  static constexpr char kZeros[kOldUniq] = {};
  md5.add(data.substr(0, kHeader));
  data.remove_prefix(std::min(kHeader, data.size()));
  for (; data.size() >= kEntry; data.remove_prefix(kEntry)) {
    md5.add(data.substr(0, kEntry - kOldUniq));
    md5.add(BytesView(kZeros, kOldUniq));
  }
  md5.add(data);
}

Md5Digest module_md5(const Chunks& chunks) {
  Md5 md5;
  for (std::string_view id : kMd5Chunks) {
    auto data = chunks.find(id);
    if (!data) continue;
    if (id == "FunT")
      add_fun_table(md5, *data);
    else
      md5.add(*data);
  }
  return md5.digest();
}

// Reads ExpT or ImpT: a count, then three numbers for each entry.
template <typename Entry, typename Make>
std::vector<Entry> read_table(std::string_view id, const Chunks& chunks, Make&& make) {
  return read_chunk(id, chunks.get(id), [&](BytesView data) {
    ByteReader reader(data);
    std::uint32_t count = reader.u32();
    constexpr std::size_t kEntry = 12;
    if (count > reader.left() / kEntry) throw ShortRead(count * kEntry, reader.left());
    if (count > kMostFunctions) throw Error("found " + std::to_string(count) + " functions");
    std::vector<Entry> entries;
    entries.reserve(count);
    for (; count > 0; --count) {
      std::uint32_t first = reader.u32();
      std::uint32_t second = reader.u32();
      entries.push_back(make(first, second, reader.u32()));
    }
    return entries;
  });
}

Term read_attributes(const Chunks& chunks) {
  auto data = chunks.find("Attr");
  if (!data) return list();
  return read_chunk("Attr", *data, [](BytesView bytes) {
    constexpr BytesView compressed("\x83P");
    if (bytes.size() > kLargestAttributes || bytes.starts_with(compressed))
      throw Error("larger than attributes can be");
    Term term = decode_term(bytes);
    if (!as_list(term)) throw Error("expected a list");
    return term;
  });
}

// A file with its tables.
struct Module {
  explicit Module(BytesView file) : chunks(file), atoms(chunks) {
    beam.module = atoms.at(1);
    beam.exports = read_table<FunctionName>(
        "ExpT", chunks, [&](std::uint32_t function, std::uint32_t arity, std::uint32_t /*label*/) {
          return FunctionName{atoms.at(function), arity};
        });
    beam.imports = read_table<ImportedFunction>(
        "ImpT", chunks, [&](std::uint32_t module, std::uint32_t function, std::uint32_t arity) {
          if (arity == 2 && atoms.is(module, "erlang") && atoms.is(function, "load_nif")) beam.nif = true;
          return ImportedFunction{atoms.at(module), {atoms.at(function), arity}};
        });
    beam.attributes = read_attributes(chunks);
  }

  Chunks chunks;
  AtomTable atoms;
  Beam beam;
};

// Whether the module has the atom, or a literal with it; for example `named_table`, if it names its tables.
bool mentions(const Chunks& chunks, std::string_view atom) {
  for (std::string_view id : {"AtU8", "Atom"})
    if (auto table = chunks.find(id); table && table->find(atom) != BytesView::npos) return true;
  return literals(chunks).find(atom) != Bytes::npos;
}

SupervisorInit supervisor_init(const Chunks& chunks, const AtomTable& atoms, const Beam& beam) {
  return read_chunk("Code", chunks.get("Code"), [&](BytesView code) {
    return read_supervisor_init({code, [&](std::uint32_t index) { return atoms.at(index); }, beam.imports,
                                 fun_labels(chunks), mentions(chunks, "named_table")});
  });
}

// Whether the vsn is that of the author: the compiler's own is an md5.
bool has_own_vsn(const Beam& beam) {
  const auto vsn = vsn_attribute(beam);
  return vsn && !std::holds_alternative<BigInteger>(vsn->value);
}

std::optional<CodeDigest> digest_of(const std::set<std::string>& functions, const Chunks& chunks,
                                    const AtomTable& atoms, const Beam& beam) {
  const auto atom = [&](std::uint32_t index) { return atoms.at(index); };
  auto digest =
      code_digest({chunks.get("Code"), atom, beam.imports, fun_labels(chunks), literals(chunks)}, functions);
  if (digest) digest->compiler = compiler_version(chunks);
  return digest;
}

// The start/2 of Elixir's is compared by the children that it starts.
bool starts_application(const Beam& beam) {
  const std::vector<Atom> names = behaviours(beam);
  return exports(beam, "start", 2) && std::ranges::find(names, Atom{"application"}) != names.end();
}

// Before OTP 25 the code that fails with badrecord names it.
bool hides_records(const Chunks& chunks) {
  return !holds_forms(chunks.find("Dbgi")) && !chunks.find("Abst") &&
         (mentions(chunks, "badrecord") || accesses_records(chunks.get("Code")));
}

std::vector<SelfCalls> self_calls(const Module& module) {
  const auto atom = [&](std::uint32_t index) { return module.atoms.at(index); };
  const Beam& beam = module.beam;
  const auto is_own = [&](const ImportedFunction& each) { return each.module == beam.module; };
  if (std::ranges::none_of(beam.imports, is_own)) return {};
  return read_self_calls(
      {module.chunks.get("Code"), atom, beam.module, beam.imports, fun_labels(module.chunks)});
}

std::optional<Shapes> shapes(const Module& module) {
  // A state may be made by a helper module.
  const bool may_make = may_keep_state(module.beam) || mentions(module.chunks, "state");
  if (is_supervisor(module.beam) || !may_make) return std::nullopt;
  return read_shapes(shape_code(module.chunks, module.atoms, module.beam));
}

Callbacks callbacks(const Module& module) {
  return read_callbacks(shape_code(module.chunks, module.atoms, module.beam));
}

// Reads it when it is asked for. What is not understood is not known.
template <typename Value>
Lazy<Value> later(const std::shared_ptr<const Bytes>& file, Value (*read)(const Module&)) {
  return Lazy<Value>([file, read] { return understood_or(Value{}, [&] { return read(Module(*file)); }); });
}

Beam read_module(BytesView file) {
  const Module module(file);
  const auto& [chunks, atoms, tables] = module;
  Beam beam = tables;
  beam.on_load = read_chunk("Code", chunks.get("Code"), [](BytesView data) { return holds_on_load(data); });
  chunks.get("StrT");
  beam.md5 = module_md5(chunks);
  if (is_supervisor(beam)) beam.init = supervisor_init(chunks, atoms, beam);
  if (converts_states(beam) && has_own_vsn(beam))
    beam.conversion =
        digest_of({"code_change/3", "code_change/4", "system_code_change/4"}, chunks, atoms, beam);
  if (starts_application(beam)) beam.start = digest_of({"start/2"}, chunks, atoms, beam);
  if (exports(beam, "system_code_change", 4))
    beam.awaits = read_awaits(chunks.get("Code"), [&](std::uint32_t index) { return atoms.at(index); });
  beam.hides_records = hides_records(chunks);
  const auto code = std::make_shared<const Bytes>(
      with_chunks(chunks, {"AtU8", "Atom", "Code", "ImpT", "ExpT", "FunT", "LitT", "Attr"}));
  beam.shapes = later(code, shapes);
  beam.callbacks = later(code, callbacks);
  beam.self_calls = later(code, self_calls);
  return beam;
}

}  // namespace

Beam parse_beam(BytesView bytes, const std::string& file) {
  return within(file, [&] {
    try {
      if (!is_gzip(bytes)) return read_module(bytes);
      return read_module(inflate_all(bytes));
    } catch (const ShortRead& error) {
      throw Error(error.what());
    }
  });
}

}  // namespace erlrc
