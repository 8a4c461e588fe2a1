// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "catch.hpp"

#include "host.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

struct Evaluation {
  explicit Evaluation(Term answer, Fault fault = Fault::none) : node(good("n1", fault)) {
    host.add("n1", node);
    node.answer({std::move(answer)});
  }
  Ran run(const std::string& expression) const {
    return host.run(eval_main, {"--timeout", "5", "n1", expression});
  }
  Host host;
  FakeNode node;
};

/// While this exists, standard output is a terminal; then, a file.
class Terminal {
public:
  Terminal() : before_(::dup(STDOUT_FILENO)), master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE((::grantpt(master_) == 0 && ::unlockpt(master_) == 0));
    become(::open(::ptsname(master_), O_RDWR | O_NOCTTY));
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    become(before_);
    ::close(master_);
  }

  void leave() const { become(::open("/dev/null", O_WRONLY)); }

private:
  static void become(int fd) {
    ::dup2(fd, STDOUT_FILENO);
    ::close(fd);
  }

  int before_;
  int master_;
};

}  // namespace

TEST_CASE("erlrc-eval prints the value returned by the node") {
  const Evaluation one(tuple(Atom{"value"}, binary("{ok,\n    [1,2]}")));
  CHECK(one.run("f(1).") == Ran{0, "{ok,\n    [1,2]}\n", ""});
  CHECK(one.node.calls().at(0).argument == binary("f(1)."));
}

TEST_CASE("erlrc-eval does not let a node control the terminal, and changes nothing for a program") {
  const std::string value = "ok\x1b]0;owned\x07\n\x1b[2J";
  const Evaluation one(tuple(Atom{"value"}, binary(value)));
  const Terminal terminal;
  CHECK(one.run("1") == Ran{0, "ok\\x{1b}]0;owned\\x{7}\n\\x{1b}[2J\n", ""});
  terminal.leave();
  CHECK(one.run("1") == Ran{0, value + "\n", ""});
}

TEST_CASE("erlrc-eval adds a missing full stop") {
  const Evaluation one(tuple(Atom{"value"}, binary("1")));
  const auto [given, sent] = GENERATE(table<std::string, std::string>(
      {{"1", "1."}, {"1.", "1."}, {"1. \n", "1."}, {" X = 1, X ", " X = 1, X."}, {"1.5", "1.5."}}));
  one.run(given);
  CHECK(one.node.calls().at(0).argument == binary(sent));
}

TEST_CASE("erlrc-eval fails with the exception of the expression") {
  const Evaluation one(tuple(Atom{"raised"}, binary("error badarith")));
  CHECK(one.run("1/0") == Ran{1, "", "erlrc-eval: n1: error badarith\n"});
}

TEST_CASE("erlrc-eval fails without a value") {
  CHECK(Evaluation(list(), Fault::unregistered).run("1") == Ran{1, "", "erlrc-eval: n1: node is down\n"});
  CHECK(Evaluation(Atom{"odd"}).run("1") ==
        Ran{1, "", "erlrc-eval: n1: answered odd, expected {value, Text} or {raised, Text}\n"});
  CHECK(Evaluation(list(), Fault::port_closed).run("1").exit == 1);
}

TEST_CASE("erlrc-eval accepts only registered nodes") {
  const Evaluation one(list());
  CHECK(one.host.run(eval_main, {"n2", "1"}) == Ran{2, "", "erlrc-eval: no node 'n2' in HOST/nodes\n"});
  one.host.dir().write("nodes/n2", cookie, 0644);
  CHECK(one.host.run(eval_main, {"n2", "1"}) ==
        Ran{1, "", "erlrc-eval: HOST/nodes/n2: readable by others: chmod 0640 HOST/nodes/n2\n"});
  one.host.dir().write("nodes/n1@other", cookie);
  CHECK(one.host.run(eval_main, {"n1", "1"}) ==
        Ran{2, "", "erlrc-eval: node n1: several nodes are named so, expected n1@HOST\n"});
  CHECK(one.node.calls().empty());
}
