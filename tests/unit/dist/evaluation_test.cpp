// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/evaluation.hpp>

#include <erlrc/term/etf.hpp>

#include "catch.hpp"
#include "mirror.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

const Pid us{Atom{"1Q2W3E@localhost"}, 1, 0, 7};
const Reference reference{Atom{"1Q2W3E@localhost"}, 7, {1, 0, 0}};
const Term forms = list({tuple(Atom{"atom"}, 1, Atom{"ok"})});

}  // namespace

TEST_CASE("a program is sent as a request for erl_eval:exprs/3 with its forms unchanged") {
  const Bytes encoded = encode_term(forms).substr(1);
  const Bytes functions = encode_term(Map{}).substr(1);
  const Packet request =
      evaluation_request(reference, us, encoded, {{"Functions", functions}}, {{"X", 2}, {"A", 1}});
  CHECK(request.control ==
        tuple(29, reference, us, us, tuple(Atom{"erl_eval"}, Atom{"exprs"}, 3), list({Atom{"monitor"}})));
  CHECK(decode_term(request.message) ==
        list({forms, list({tuple(Atom{"A"}, 1), tuple(Atom{"Functions"}, Map{}), tuple(Atom{"X"}, 2)}),
              Atom{"none"}}));
}

TEST_CASE("a program without functions does not have the variable for functions") {
  const Bytes encoded = encode_term(forms).substr(1);
  const Packet request = evaluation_request(reference, us, encoded, {}, {{"B", 2}, {"A", 1}});
  CHECK(decode_term(request.message) ==
        list({forms, list({tuple(Atom{"A"}, 1), tuple(Atom{"B"}, 2)}), Atom{"none"}}));
}

TEST_CASE("the node's side reads the program that was sent") {
  const Bytes encoded = encode_term(forms).substr(1);
  const Bytes functions = encode_term(binary("clauses")).substr(1);
  Link link;
  link.send(evaluation_request(reference, us, encoded, {{"Functions", functions}, {"Beam", functions}},
                               {{"Ref", reference}, {"Client", us}, {"Argument", 42}}));
  ServerLink server;
  server.receive(link.take_output());
  CHECK(server.next() == ServerLink::Event(Started{reference, us, encoded, functions, 42}));
}
