// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <list>
#include <string>
#include <utility>
#include <vector>

#include "host.hpp"

namespace erlrc::test {

/// A host with several registered nodes, on all of which egerl 1.0 runs.
struct Several {
  FakeNode& add(const std::string& name, Term end = prepared(), Fault fault = Fault::none) {
    FakeNode& node = nodes.emplace_back(good(name, fault));
    host.add(name, node);
    play(node, observed({{"egerl", "1.0"}}), std::move(end));
    return node;
  }
  Ran upgrade(std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"egerl", "1.0", "2.0", (host.dir() / "egerl-1.0").string(),
                                   (host.dir() / "egerl-2.0").string()});
    return host.run(upgrade_main, std::move(options));
  }
  Several() {
    host.add_app("egerl", "1.0");
    host.add_app("egerl", "2.0");
  }
  Host host;
  std::list<FakeNode> nodes;
};

inline const std::vector<Term> kCommit{Atom{"commit"}};
inline const std::vector<Term> kRollBack{Atom{"roll_back"}};

}  // namespace erlrc::test
