// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <erlrc/plan/app_steps.hpp>
#include <erlrc/plan/call_steps.hpp>
#include <erlrc/plan/child_steps.hpp>
#include <erlrc/plan/code_steps.hpp>
#include <erlrc/plan/path_steps.hpp>
#include <erlrc/plan/process_steps.hpp>
#include <erlrc/term/term.hpp>

// The steps of a plan. All that C++ knows of a kind of step is in its struct, in the header of its family:
//   name    the same word in C++ (SwitchModules), on the wire and in JSON (switch_modules)
//   args()  its arguments on the wire: the node gets {Family, {Name, Arg1, ..}}, or {Family, Name}
//   text()  one line for the user, without a full stop
// A new kind is a struct and its mention in the family's Kinds. In src/erlang/runner each family is one
// module, with the clause that does a step and the one that undoes it.

namespace erlrc {

/// The variant of all kinds of the families.
template <typename... Variants>
struct JoinedVariants;
template <typename... Kinds>
struct JoinedVariants<std::variant<Kinds...>> {
  using type = std::variant<Kinds...>;
};
template <typename... First, typename... Second, typename... Rest>
struct JoinedVariants<std::variant<First...>, std::variant<Second...>, Rest...> {
  using type = typename JoinedVariants<std::variant<First..., Second...>, Rest...>::type;
};

using StepKinds = JoinedVariants<PathSteps::Kinds, AppSteps::Kinds, CodeSteps::Kinds, ProcessSteps::Kinds,
                                 ChildSteps::Kinds, CallSteps::Kinds>::type;

/// A step of any kind. Copying, moving and comparing a variant of this many kinds takes the compiler seconds
/// in every source file that does it, so these functions are compiled once, in src/plan/step.cpp.
struct Step : StepKinds {
  using StepKinds::StepKinds;
  Step(const Step&);
  Step(Step&&) noexcept;
  Step& operator=(const Step&);
  Step& operator=(Step&&) noexcept;
  ~Step();
  bool operator==(const Step& other) const;
};

/// The step as the runner gets it.
Term to_term(const Step& step);

/// One line for the user.
std::string describe(const Step& step);

std::string_view step_name(const Step& step);

}  // namespace erlrc
