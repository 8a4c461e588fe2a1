// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/outcome.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

const Outcome done = Outcome::done(Word::started, {"remark"});
const Outcome refused = Outcome::refused({Refusal::Reason::busy, "why"});
const Outcome rolled_back = Outcome::rolled_back("why");
const Outcome broken = Outcome::broken("why", {"left"});
const Outcome undecided = Outcome::undecided("why", true);

int code(const std::vector<Outcome>& outcomes) {
  std::vector<NodeReport> reports;
  for (const Outcome& outcome : outcomes)
    reports.push_back({"n", outcome, {}});
  return exit_code(reports);
}

}  // namespace

TEST_CASE("the worst outcome decides the exit code") {
  CHECK(code({}) == 0);
  CHECK(code({done, done}) == 0);
  CHECK(code({done, refused}) == 1);
  CHECK(code({rolled_back}) == 1);
  CHECK(code({undecided, done}) == 1);
  CHECK(code({broken, rolled_back}) == 3);
}

TEST_CASE("an outcome has a kind, and also a word unless nothing was decided") {
  CHECK(kind_of(done) == "done");
  CHECK(word_of(done) == "started");
  CHECK(kind_of(refused) == "refused");
  CHECK(word_of(refused) == "refused");
  CHECK(kind_of(rolled_back) == "rolled_back");
  CHECK(word_of(rolled_back) == "rolled_back");
  CHECK(kind_of(broken) == "broken");
  CHECK(word_of(broken) == "broken");
  CHECK(kind_of(undecided) == "error");
  CHECK(word_of(undecided).empty());
}

TEST_CASE("the word of a refusal shows whether a restart helps") {
  const auto reason = GENERATE(Refusal::Reason::appup_needs_restart, Refusal::Reason::erlang_replaced);
  CHECK(word_of(Outcome::refused({reason, "why"})) == "needs_restart");
  CHECK(kind_of(Outcome::refused({reason, "why"})) == "refused");
}

TEST_CASE("every outcome but done has a reason, and an undecided one may be due to a silent node") {
  CHECK(done.why().empty());
  CHECK(done.remarks == std::vector<std::string>{"remark"});
  for (const Outcome& outcome : {refused, rolled_back, broken, undecided})
    CHECK(outcome.why() == "why");
  CHECK(refused.is(Refusal::Reason::busy));
  CHECK(!done.is(Refusal::Reason::busy));
  CHECK(done.is(Word::started));
  CHECK(!done.is(Word::stopped));
  CHECK(undecided.is_silent());
  CHECK(!Outcome::undecided("why").is_silent());
}
