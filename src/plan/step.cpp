// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/step.hpp>

#include <type_traits>

namespace erlrc {
namespace {

template <typename Kind, typename... Kinds>
constexpr bool is_one_of(const std::variant<Kinds...>*) {
  return (std::is_same_v<Kind, Kinds> || ...);
}

template <typename Kind, typename Family, typename... Others>
constexpr std::string_view family_of() {
  if constexpr (is_one_of<Kind>(static_cast<const typename Family::Kinds*>(nullptr)))
    return Family::family;
  else
    return family_of<Kind, Others...>();
}

template <typename Kind>
Atom family() {
  return {
      std::string(family_of<Kind, PathSteps, AppSteps, CodeSteps, ProcessSteps, ChildSteps, CallSteps>())};
}

}  // namespace

Step::Step(const Step&) = default;
Step::Step(Step&&) noexcept = default;
Step& Step::operator=(const Step&) = default;
Step& Step::operator=(Step&&) noexcept = default;
Step::~Step() = default;
bool Step::operator==(const Step& other) const {
  return static_cast<const StepKinds&>(*this) == static_cast<const StepKinds&>(other);
}

Term to_term(const Step& step) {
  return std::visit(
      []<typename Kind>(const Kind& kind) { return tuple(family<Kind>(), parts::step_term(kind)); }, step);
}

std::string describe(const Step& step) {
  return std::visit([](const auto& kind) { return kind.text(); }, step);
}

std::string_view step_name(const Step& step) {
  return std::visit([](const auto& kind) { return kind.name; }, step);
}

}  // namespace erlrc
