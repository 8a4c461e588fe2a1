// SPDX-License-Identifier: BSD-3-Clause
#include "injection.hpp"

#include <filesystem>
#include <list>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/site/desired.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc::test {
namespace {

constexpr milliseconds patience{120'000};
constexpr std::size_t most_printed = 2000;

/// Calls the same node, but evaluates each program inside lab_inject:run/4.
class InjectedRpc : public Rpc {
public:
  explicit InjectedRpc(std::unique_ptr<Rpc> rpc) : rpc_(std::move(rpc)) {}

  const std::string& node() const override { return rpc_->node(); }
  void start(const Program& program, const Term& argument) override {
    Bytes with_version(program.forms);
    with_version.insert(with_version.begin(), '\x83');
    std::vector<Term> variables;
    for (const char* name : {"Functions", "Argument", "Client", "Ref"})
      variables.push_back(tuple(Atom{"var"}, 1, Atom{name}));
    const auto atom = [](const char* name) { return tuple(Atom{"atom"}, 1, Atom{name}); };
    const Term run = tuple(Atom{"remote"}, 1, atom("lab_inject"), atom("run"));
    forms_ = encode_term(list({tuple(Atom{"call"}, 1, run, list(std::move(variables)))})).substr(1);
    rpc_->start({program.name, forms_, program.functions, {}}, tuple(decode_term(with_version), argument));
  }
  Term receive(Deadline until) override { return rpc_->receive(until); }
  void send(const Term& message) override { rpc_->send(message); }

private:
  std::unique_ptr<Rpc> rpc_;
  Bytes forms_;
};

std::string to_text(const Injection& injection) {
  return "{" + injection.kind + ", " + std::to_string(injection.call) + "}";
}

template <typename Body>
Outcome with_short_errors(const Body& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(shortened(error.what()));
  }
}

}  // namespace

Request request_for(const Lab& lab, Action action, const std::string& app, const std::string& from,
                    const std::string& to) {
  const Atom name{app};
  const auto version = [&](const std::string& vsn) { return Version{vsn, lab.at(app, vsn) + "/ebin"}; };
  switch (action) {
    case Action::start:
      return {name, Request::Start{version(to)}};
    case Action::stop:
      return {name, Request::Stop{version(from)}};
    case Action::upgrade:
      return {name, Request::Change{Direction::up, version(from), version(to)}};
    case Action::downgrade:
      return {name, Request::Change{Direction::down, version(from), version(to)}};
  }
  return {};
}

Decision planned(Lab& lab, const Request& request) {
  const Atom app = request.app;
  std::list<AppFiles> read;
  const Files files{
      [&](const Version& v) -> const AppFiles& {
        return read.emplace_back(load_app_spec(v.location.value().read_from, app, v.vsn));
      },
      [&](const Version& v) -> const AppFiles& {
        return read.emplace_back(load_app_files(v.location.value().read_from, app, v.vsn));
      },
      [](const Version& v) { return std::filesystem::is_directory(v.location.value().read_from); }};
  Question question;
  const Version* from = version_before(request);
  const Version* to = version_after(request);
  if (to == nullptr || (from != nullptr && from->vsn == to->vsn)) question.code_of = app;
  const auto rpc = connect(lab.node().entry(), after(patience));
  const NodeState node = observe(*rpc, question, after(patience));
  return plan(request, node, files, load_desired_applications(lab.dir().path()));
}

std::string shortened(const std::string& text) {
  if (text.size() <= most_printed) return text;
  return text.substr(0, most_printed) + ".. (" + std::to_string(text.size()) + " bytes)";
}

InjectedRuns::InjectedRuns(Lab& lab)
    : lab_(lab),
      rpc_(std::make_unique<InjectedRpc>(connect(lab.node().entry(), after(std::chrono::hours(1))))) {}

Outcome InjectedRuns::run(const Plan& plan) {
  lab_.ask("lab_inject:arm(none, none).");
  return with_short_errors([&] { return erlrc::run(*rpc_, plan, Commit::at_once, after(patience)); });
}

InjectedRuns::Result InjectedRuns::run_and_roll_back(const Plan& plan, const Injection& in_steps,
                                                     const std::optional<Injection>& in_rollback) {
  lab_.ask("lab_inject:arm(" + to_text(in_steps) + ", " + (in_rollback ? to_text(*in_rollback) : "none") +
           ").");
  Outcome outcome = with_short_errors([&] {
    Outcome ran = erlrc::run(*rpc_, plan, Commit::on_verdict, after(patience));
    return ran.is_done() ? conclude(*rpc_, ran, Verdict::roll_back, after(patience)) : ran;
  });
  return {std::move(outcome), static_cast<std::size_t>(std::stoul(lab_.ask("lab_inject:count().")))};
}

Plan failing_before(Plan plan, std::size_t index) {
  const ApplyHook fails{{Atom{"erlang"}, Atom{"error"}, {Atom{"injected"}}}, std::nullopt};
  plan.steps.insert(plan.steps.begin() + static_cast<std::ptrdiff_t>(index), fails);
  return plan;
}

}  // namespace erlrc::test
