// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/observe.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/base/md5.hpp>
#include <erlrc/erlang/programs.hpp>
#include <erlrc/term/match.hpp>

namespace erlrc {
namespace {

/// The program's answer has another shape than it should have.
[[noreturn]] void unexpected(std::string_view field) {
  throw ProtocolError("the node's answer has no usable " + std::string(field));
}

const Term& field(const Term& answer, std::string_view name) {
  const Term* found = lookup(answer, name);
  if (found == nullptr) unexpected(name);
  return *found;
}

std::string text(const Term& answer, std::string_view name) {
  auto found = as_string(field(answer, name));
  if (!found) unexpected(name);
  return *std::move(found);
}

const std::vector<Term>& rows(const Term& answer, std::string_view name) {
  const auto* found = as_list(field(answer, name));
  if (found == nullptr) unexpected(name);
  return *found;
}

std::vector<Atom> names(const Term& answer, std::string_view name) {
  auto found = as_atoms(field(answer, name));
  if (!found) unexpected(name);
  return *std::move(found);
}

void read_loaded(const Term& answer, NodeState& state) {
  for (const Term& row : rows(answer, "loaded")) {
    const auto* app = as_tuple(row, 3);
    const Atom* name = app != nullptr ? as_atom((*app)[0]) : nullptr;
    const auto vsn = app != nullptr ? as_text((*app)[1]) : std::nullopt;
    const auto included = app != nullptr ? as_atoms((*app)[2]) : std::nullopt;
    if (name == nullptr || !vsn || !included) unexpected("loaded");
    state.loaded[*name] = {*vsn, *included};
  }
}

void read_running(const Term& answer, NodeState& state) {
  const Term& types = field(answer, "types");
  for (const Atom& app : names(answer, "running")) {
    const Term* type = lookup(types, app.name);
    const Atom* name = type != nullptr ? as_atom(*type) : nullptr;
    state.running[app] = name != nullptr ? *name : Atom{"temporary"};
  }
}

void read_code(const Term& answer, NodeState& state) {
  for (const Term& row : rows(answer, "code")) {
    const auto* pair = as_tuple(row, 2);
    const Atom* module = pair != nullptr ? as_atom((*pair)[0]) : nullptr;
    const Binary* md5 = pair != nullptr ? as_binary((*pair)[1]) : nullptr;
    if (module == nullptr || md5 == nullptr || md5->bytes.size() != Md5Digest{}.size()) unexpected("code");
    state.code[*module] = md5->bytes;
  }
}

}  // namespace

NodeState observe(Rpc& rpc, const std::optional<Atom>& code_of, Deadline until) {
  rpc.start(observe_program(), code_of ? Term(*code_of) : list());
  const Term answer = rpc.receive(until);
  NodeState state;
  state.node = rpc.node();
  state.otp_release = text(answer, "otp");
  state.lib_dir = text(answer, "lib_dir");
  read_loaded(answer, state);
  read_running(answer, state);
  for (const Atom& app : names(answer, "starting"))
    state.starting.insert(app);
  read_code(answer, state);
  return state;
}

}  // namespace erlrc
