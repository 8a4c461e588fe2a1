// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/observe.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/md5.hpp>
#include <erlrc/erlang/program.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/term/match.hpp>

#include "put_back.hpp"

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

/// What `application:get_key/2` answered for each loaded application: {ok, [App]}, or undefined where OTP
/// does not know the key. Some lists are only asked for where they are needed.
class KeyOfEach {
public:
  KeyOfEach(const Term& answer, std::string_view name)
      : name_(name), values_(lookup(answer, name) != nullptr ? &rows(answer, name) : nullptr) {}

  std::vector<Atom> of(std::size_t index) const {
    if (values_ == nullptr) return {};
    if (index >= values_->size()) unexpected(name_);
    const Term& answer = (*values_)[index];
    if (is_atom(answer, "undefined")) return {};
    const auto* value = as_tagged(answer, "ok", 2);
    auto apps = value != nullptr ? as_atoms((*value)[1]) : std::nullopt;
    if (!apps) unexpected(name_);
    return *std::move(apps);
  }

private:
  std::string_view name_;
  const std::vector<Term>* values_;
};

/// The rows of application:info(): {App, Description, Vsn}.
void read_loaded(const Term& answer, const Term& info, NodeState& state) {
  const auto& loaded = rows(info, "loaded");
  const KeyOfEach included(answer, "included"), applications(answer, "applications"),
      optional(answer, "optional");
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    const auto* app = as_tuple(loaded[i], 3);
    const Atom* name = app != nullptr ? as_atom((*app)[0]) : nullptr;
    const auto vsn = app != nullptr ? as_text((*app)[2]) : std::nullopt;
    if (name == nullptr || !vsn) unexpected("loaded");
    state.loaded[*name] = {*vsn, included.of(i), applications.of(i), optional.of(i)};
  }
}

/// The names of applications in rows that begin with them.
std::vector<Atom> first_of_each(const Term& info, std::string_view name) {
  std::vector<Atom> found;
  for (const Term& row : rows(info, name)) {
    const auto* tuple = as_tuple(row);
    const Atom* app = tuple != nullptr && !tuple->empty() ? as_atom(tuple->front()) : nullptr;
    if (app == nullptr) unexpected(name);
    found.push_back(*app);
  }
  return found;
}

void read_running(const Term& info, NodeState& state) {
  for (const Atom& app : first_of_each(info, "running"))
    state.running[app] = Atom{"temporary"};
  for (const Term& row : rows(info, "started")) {
    const auto* pair = as_tuple(row, 2);
    const Atom* app = pair != nullptr ? as_atom(pair->front()) : nullptr;
    const Atom* type = pair != nullptr ? as_atom(pair->back()) : nullptr;
    const auto running = app != nullptr && type != nullptr ? state.running.find(*app) : state.running.end();
    if (running != state.running.end()) running->second = *type;
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

/// The files of libraries in the content of /proc/PID/maps.
std::vector<std::string> mapped_libraries(std::string_view maps) {
  std::vector<std::string> files;
  for (const std::string_view line : lines(maps)) {
    const auto file = line.find('/');
    if (file == std::string_view::npos || line.find(".so", file) == std::string_view::npos) continue;
    if (files.empty() || files.back() != line.substr(file)) files.emplace_back(line.substr(file));
  }
  return files;
}

/// What is only answered for an application that was asked for.
void read_app(const Term& answer, NodeState& state) {
  read_code(answer, state);
  const Term* generated = lookup(answer, "generated");
  if (const auto modules = generated != nullptr ? as_atoms(*generated) : std::nullopt)
    state.generated.insert(modules->begin(), modules->end());
  const Term* maps = lookup(answer, "maps");
  const Binary* text = maps != nullptr ? as_binary(*maps) : nullptr;
  if (text != nullptr) state.libraries = mapped_libraries(text->bytes);
}

/// A library that was replaced by the same one is as good as one that was not.
void note_put_back(const NodeEntry& entry, NodeState& state) {
  const auto is_replaced = [](const std::string& file) { return without_marks(file) != file; };
  if (std::ranges::none_of(state.libraries, is_replaced)) return;
  const auto pid = process_of(entry);
  if (pid) std::ranges::move(files_put_back(*pid), std::back_inserter(state.libraries));
}

ProgramCall all_of(const Question& question) {
  return {observe_program(),
          tuple(question.code_of ? Term(*question.code_of) : list(), binaries(question.files))};
}

/// What is asked first: little, where that can be enough.
ProgramCall first_call(const Question& question) {
  return question.enough_if_running ? ProgramCall{running_program(), list()} : all_of(question);
}

struct Answer {
  NodeState state;
  std::optional<Term> seen{};
};

Answer read_answer(const Term& answer) {
  const Term* seen = lookup(answer, "files");
  return {read_node_state(answer), seen != nullptr ? std::optional(*seen) : std::nullopt};
}

/// Once the first call was started.
Answer answer_to(const Question& question, Rpc& rpc, Deadline until) {
  Answer answer = read_answer(rpc.receive(until));
  const auto& enough = question.enough_if_running;
  if (enough && !runs(answer.state, *enough)) {
    const ProgramCall all = all_of(question);
    rpc.start(all.program, all.argument);
    answer = read_answer(rpc.receive(until));
  }
  if (answer.state.otp_release.empty() && !(enough && runs(answer.state, *enough))) unexpected("otp");
  answer.state.node = rpc.node();
  return answer;
}

}  // namespace

NodeState read_node_state(const Term& answer) {
  NodeState state;
  const Term& info = field(answer, "info");
  read_loaded(answer, info, state);
  read_running(info, state);
  for (const Atom& app : first_of_each(info, "starting"))
    state.starting.insert(app);
  // Not answered where it is enough that an application runs.
  if (lookup(answer, "otp") == nullptr) return state;
  state.otp_release = text(answer, "otp");
  state.lib_dir = text(answer, "lib_dir");
  if (const Term* booting = lookup(answer, "booting")) state.booting = *booting == Term(Atom{"true"});
  if (const Term* runner = lookup(answer, "runner")) state.runner = as_text(*runner).value_or("");
  read_app(answer, state);
  return state;
}

NodeState observe(Rpc& rpc, const Question& question, Deadline until) {
  const ProgramCall first = first_call(question);
  rpc.start(first.program, first.argument);
  return answer_to(question, rpc, until).state;
}

Observed connect_and_observe(const NodeEntry& entry, const Question& question, Deadline until,
                             const KnownPorts& known) {
  const ProgramCall first = first_call(question);
  Observed observed{connect(entry, until, known, &first), {}};
  if (!observed.rpc) return observed;
  Answer answer = answer_to(question, *observed.rpc, until);
  observed.state = std::move(answer.state);
  observed.seen = std::move(answer.seen);
  note_put_back(entry, observed.state);
  return observed;
}

}  // namespace erlrc
