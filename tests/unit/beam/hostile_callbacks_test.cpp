// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/beam.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "made_beam.hpp"

// Callbacks that would take gigabytes or hours to follow, in files of some kilobytes.

using namespace erlrc;
using test::MadeBeam;

namespace {

constexpr std::uint8_t return_ = 19, is_eq_exact = 43, test_arity = 58, select_val = 59, move = 64,
                       get_tuple_element = 66, put_map_assoc = 154, get_map_elements = 158;

MadeBeam server() {
  MadeBeam module({Atom{"gen_server"}});
  return module.function(module.atom("handle_info"), 2);
}

void labels(MadeBeam& module, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    module.label();
  module.instruction(return_);
}

/// Compares the message with one atom after the other.
void compare(MadeBeam& module, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes atom = module.atom("a" + std::to_string(i));
    module.instruction(is_eq_exact, MadeBeam::to(module.next_label()) + MadeBeam::x(0) + atom);
    module.instruction(test_arity, MadeBeam::to(0) + MadeBeam::x(1) + MadeBeam::number(i))
        .instruction(return_)
        .label();
  }
  module.instruction(return_);
}

}  // namespace

TEST_CASE("a callback whose registers hold parts of parts of a state is not followed") {
  MadeBeam module = server();
  for (int i = 0; i < 1000; ++i)
    module.instruction(get_tuple_element, MadeBeam::x(1) + MadeBeam::number(0) + MadeBeam::x(1));
  for (std::size_t i = 2; i < 1000; ++i)
    module.instruction(move, MadeBeam::x(1) + MadeBeam::x(i));
  labels(module, 1000);
  CHECK_FALSE(parse_beam(module.file(), "m.beam").callbacks().all);
}

TEST_CASE("a callback that puts thousands of keys into a state is not followed") {
  MadeBeam module = server();
  Bytes keys = MadeBeam::elements(2 * 10'000);
  for (int i = 0; i < 10'000; ++i) {
    const Bytes key = module.atom("k" + std::to_string(i));
    keys += key + key;
  }
  module.instruction(put_map_assoc,
                     MadeBeam::to(0) + MadeBeam::x(1) + MadeBeam::x(1) + MadeBeam::number(2) + keys);
  for (std::size_t i = 2; i < 900; ++i)
    module.instruction(move, MadeBeam::x(1) + MadeBeam::x(i));
  labels(module, 900);
  CHECK_FALSE(parse_beam(module.file(), "m.beam").callbacks().all);
}

TEST_CASE("a callback that needs thousands of keys of a state is not followed") {
  MadeBeam module = server();
  Bytes keys = MadeBeam::elements(2 * 60'000);
  for (int i = 0; i < 60'000; ++i)
    keys += module.atom("k" + std::to_string(i)) + MadeBeam::x(2);
  module.instruction(get_map_elements, MadeBeam::to(module.next_label()) + MadeBeam::x(1) + keys);
  labels(module, 1);
  CHECK_FALSE(parse_beam(module.file(), "m.beam").callbacks().all);
}

TEST_CASE("a callback that selects from thousands of messages is not followed") {
  MadeBeam module = server();
  Bytes cases = MadeBeam::elements(2 * 20'000);
  for (int i = 0; i < 20'000; ++i)
    cases += module.atom("a" + std::to_string(i)) + MadeBeam::to(module.next_label());
  module.instruction(select_val, MadeBeam::x(0) + MadeBeam::to(module.next_label()) + cases);
  labels(module, 1);
  CHECK_FALSE(parse_beam(module.file(), "m.beam").callbacks().all);
}

TEST_CASE("a module with a thousand long callbacks is not followed to its end") {
  MadeBeam module({Atom{"gen_statem"}});
  for (int i = 0; i < 1000; ++i) {
    module.function(module.atom("state" + std::to_string(i)), 3);
    compare(module, 50);
  }
  const Beam beam = parse_beam(module.file(), "m.beam");
  const Callbacks callbacks = beam.callbacks();
  CHECK_FALSE(callbacks.all);
  CHECK(callbacks.paths.size() < 2500);
  CHECK(unfit_shapes(beam, beam).states.empty());
}

TEST_CASE("a behaviour that is named ten thousand times is followed once") {
  MadeBeam module(std::vector<Atom>(10'000, Atom{"gen_server"}));
  module.function(module.atom("handle_info"), 2);
  compare(module, 50);
  CHECK(parse_beam(module.file(), "m.beam").callbacks().paths.size() == 51);
}
