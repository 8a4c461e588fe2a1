// SPDX-License-Identifier: BSD-3-Clause
#include "generated_scripts.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace erlrc::test {
namespace {

Atom atom(const char* name) {
  return Atom{name};
}
Atom numbered(const char* name, std::size_t number) {
  return Atom{name + std::to_string(number)};
}

class Generator {
public:
  explicit Generator(std::uint32_t seed) : engine_(seed) {
    density_ = std::array{0U, 5U, 15U, 40U}[below(4)];
    const std::size_t count = below(15);
    for (std::size_t i = 0; i < count; ++i)
      modules_.push_back(numbered("m", i));
    shuffle(modules_);
  }

  Generator(std::uint32_t seed, std::vector<Atom> modules) : Generator(seed) {
    modules_ = std::move(modules);
    limits_ = {atom("default"), atom("infinity"), Term(20'000), Term(60'000)};
    shuffle(modules_);
    modules_.resize(below(modules_.size() + 1));
  }

  std::vector<Term> make_for_zoo() {
    for (const Atom& module : modules_)
      script_.push_back(change_of_existing(module));
    const Atom added = atom("zoo_new"), deleted = atom("zoo_gone");
    if (chance(60))
      script_.push_back(chance(50) ? tuple(atom("add_module"), added)
                                   : tuple(atom("add_module"), added, dependencies()));
    if (chance(60))
      script_.push_back(chance(50) ? tuple(atom("delete_module"), deleted)
                                   : tuple(atom("delete_module"), deleted, dependencies()));
    const std::size_t more = below(4);
    for (std::size_t i = 0; i < more; ++i) {
      const std::vector<Term> block = block_for_zoo();
      script_.insert(script_.begin() + static_cast<std::ptrdiff_t>(below(script_.size() + 1)), block.begin(),
                     block.end());
    }
    return script_;
  }

  ScriptCase make(std::uint32_t seed) {
    ScriptCase made;
    made.name = "generated " + std::to_string(seed);
    made.direction = chance(50) ? Direction::up : Direction::down;
    made.to = {app("app", "2.0", modules_), app("other", "1.1", {atom("o1"), atom("o2")}),
               app("added", "0.1", {atom("n1"), atom("n2")}), app("low", "7", {atom("l1"), atom("l2")})};
    made.from = {app("app", "1.0", modules_), app("other", "1.0", {atom("o1"), atom("o3")}),
                 app("removed", "3", {atom("r1")})};
    for (const Atom& module : modules_)
      script_.push_back(change(module));
    const std::size_t more = below(6);
    for (std::size_t i = 0; i < more; ++i)
      insert(block());
    if (chance(30)) put_point();
    if (chance(25)) spoil();
    made.script = script_;
    return made;
  }

private:
  // std::uniform_int_distribution is not used, since its numbers depend on the library.
  std::size_t below(std::size_t end) { return end == 0 ? 0 : engine_() % end; }
  bool chance(std::size_t percent) { return below(100) < percent; }

  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[below(i)]);
  }

  static AppSpec app(const char* name, const char* vsn, std::vector<Atom> modules) {
    AppSpec spec;
    spec.name = atom(name);
    spec.vsn = vsn;
    spec.modules = std::move(modules);
    return spec;
  }

  Term purge() { return atom(chance(50) ? "soft_purge" : "brutal_purge"); }

  Term limit() { return limits_[below(limits_.size())]; }

  Term extra() { return chance(50) ? list() : tuple(atom("extra"), binary({})); }
  Term change_spec() { return chance(40) ? Term(atom("soft")) : tuple(atom("advanced"), extra()); }

  Term dependencies() {
    std::vector<Atom> chosen;
    for (const Atom& module : modules_)
      if (chance(density_)) chosen.push_back(module);
    shuffle(chosen);
    return atoms(chosen);
  }

  Term update(const Atom& m) {
    const Term name = atom("update");
    switch (below(8)) {
      case 0:
        return tuple(name, m);
      case 1:
        return tuple(name, m, atom("supervisor"));
      case 2:
        return tuple(name, m, change_spec());
      case 3:
        return tuple(name, m, dependencies());
      case 4:
        return tuple(name, m, change_spec(), dependencies());
      case 5:
        return tuple(name, m, change_spec(), purge(), purge(), dependencies());
      case 6:
        return tuple(name, m, limit(), change_spec(), purge(), purge(), dependencies());
      default:
        return tuple(name, m, atom(chance(50) ? "static" : "dynamic"), limit(), change_spec(), purge(),
                     purge(), dependencies());
    }
  }

  Term change_of_existing(const Atom& m) {
    switch (below(8)) {
      case 0:
        return tuple(atom("load_module"), m);
      case 1:
        return tuple(atom("load_module"), m, dependencies());
      case 2:
        return tuple(atom("load_module"), m, purge(), purge(), dependencies());
      default:
        return update(m);
    }
  }

  Term change(const Atom& m) {
    switch (below(10)) {
      case 3:
        return chance(50) ? tuple(atom("add_module"), m) : tuple(atom("add_module"), m, dependencies());
      case 4:
        return chance(50) ? tuple(atom("delete_module"), m) : tuple(atom("delete_module"), m, dependencies());
      default:
        return change_of_existing(m);
    }
  }

  // Instructions that belong together and keep their order, with their own names.
  std::vector<Term> block() {
    const Atom x = numbered("x", ++blocks_);
    const Atom y = numbered("y", blocks_);
    switch (below(14)) {
      case 0:
        return {tuple(atom("suspend"), list({x, tuple(y, limit())})), tuple(atom("resume"), atoms({y, x}))};
      case 1:
        return {tuple(atom("suspend"), list({x})), tuple(atom("code_change"), list({tuple(x, extra())})),
                tuple(atom("resume"), atoms({x}))};
      case 2:
        return {tuple(atom("suspend"), list({x})),
                tuple(atom("code_change"), atom(chance(50) ? "up" : "down"), list({tuple(x, extra())})),
                tuple(atom("resume"), atoms({x}))};
      case 3:
        return {tuple(atom("stop"), atoms({x, y})), tuple(atom("start"), atoms({y, x}))};
      case 4:
        return {tuple(atom("remove"), tuple(x, purge(), purge())), tuple(atom("purge"), atoms({x, y}))};
      case 5:
        return {tuple(atom("sync_nodes"), x, atoms({y}))};
      case 6:
        return {tuple(atom("sync_nodes"), x, tuple(y, atom("f"), list()))};
      case 7:
        return {tuple(atom("load_object_code"), tuple(numbered("lib", blocks_), string("1"), atoms({x, y}))),
                tuple(atom("load"), tuple(x, purge(), purge()))};
      case 8:
        return {atom(chance(50) ? "restart_emulator" : "restart_new_emulator")};
      case 9:
        return once("added", tuple(atom("add_application"), atom("added")));
      case 10: {
        const std::array types{"permanent", "transient", "temporary", "load", "none"};
        return once("added", tuple(atom("add_application"), atom("added"), atom(types[below(types.size())])));
      }
      case 11:
        return once("removed", tuple(atom("remove_application"), atom("removed")));
      case 12:
        return once("other", tuple(atom("restart_application"), atom("other")));
      default:
        return {tuple(atom("apply"), tuple(x, y, list({Term(1), string("two")})))};
    }
  }

  // Instructions that stay adjacent: nothing else runs while processes are suspended or stopped for them.
  std::vector<Term> block_for_zoo() {
    const std::array<Atom, 4> servers{atom("zoo_first"), atom("zoo_server"), atom("zoo_deep"),
                                      atom("zoo_statem")};
    const Atom x = servers[below(servers.size())];
    switch (below(5)) {
      case 0:
        return {tuple(atom("suspend"), list({x, tuple(atom("zoo_event"), limit())})),
                tuple(atom("resume"), atoms({atom("zoo_event"), x}))};
      case 1:
        return {tuple(atom("stop"), atoms({x, atom("zoo_special")})),
                tuple(atom("start"), atoms({atom("zoo_special"), x}))};
      case 2:
        return {tuple(atom("purge"), atoms({x, atom("zoo_lib")}))};
      case 3:
        return {tuple(atom("remove"), tuple(atom("zoo_gone"), purge(), purge()))};
      default:
        return {tuple(atom("apply"), tuple(atom("zoo_app"), atom("changed"), list({extra()})))};
    }
  }

  // A second one would name the application's modules twice.
  std::vector<Term> once(const char* app, Term instruction) {
    if (std::ranges::find(used_, app) != used_.end()) return {};
    used_.emplace_back(app);
    return {std::move(instruction)};
  }

  // Inserts the terms of `block` at random places, in their order.
  void insert(const std::vector<Term>& block) {
    std::size_t at = 0;
    for (const Term& instruction : block) {
      at += below(script_.size() - at + 1);
      script_.insert(script_.begin() + static_cast<std::ptrdiff_t>(at), instruction);
      ++at;
    }
  }

  void put_point() {
    std::vector<Term> before;
    if (chance(50)) before.push_back(tuple(atom("apply"), tuple(atom("early"), atom("f"), list())));
    if (chance(50))
      before.push_back(
          tuple(atom("load_object_code"), tuple(atom("low"), string("7"), atoms({atom("l2"), atom("l1")}))));
    if (chance(30))
      before.push_back(tuple(atom("load_object_code"), tuple(atom("low"), string("7"), atoms({atom("l1")}))));
    before.emplace_back(atom("point_of_no_return"));
    script_.insert(script_.begin(), before.begin(), before.end());
  }

  // Adds one error, at the end, where it does not affect the rest.
  void spoil() {
    const Atom any = modules_.empty() ? atom("m0") : modules_[below(modules_.size())];
    const auto wrong = [&]() -> std::vector<Term> {
      switch (below(18)) {
        case 0:
          return {tuple(atom("load_module"), atom("z"), atoms({atom("missing_module")}))};
        case 1:
          return {tuple(atom("load_module"), any), tuple(atom("update"), any)};
        case 2:
          return {tuple(atom("load_module"), atom("stranger"))};
        case 3:
          return {tuple(atom("frobnicate"), any)};
        case 4:
          return {atom("point_of_no_return"), atom("point_of_no_return")};
        case 5:
          return {tuple(atom("load"), tuple(atom("z"), purge(), purge()))};
        case 6:
          return {tuple(atom("suspend"), atoms({atom("z")}))};
        case 7:
          return {tuple(atom("resume"), atoms({atom("z")}))};
        case 8:
          return {tuple(atom("stop"), atoms({atom("z")}))};
        case 9:
          return {tuple(atom("start"), atoms({atom("z")}))};
        case 10:
          return {tuple(atom("add_application"), atom("missing_app"))};
        case 11:
          return {tuple(atom("remove_application"), atom("other"))};
        case 12:
          return {tuple(atom("restart_application"), atom("added"))};
        case 13:
          return {tuple(atom("load_object_code"), tuple(atom("lib"), string("1"), atoms({atom("z")}))),
                  tuple(atom("load_object_code"), tuple(atom("lib"), string("2"), atoms({atom("z")})))};
        case 14:
          return {tuple(atom("update"), atom("z"), Term(0), atom("soft"), purge(), purge(), list())};
        case 15:
          return {tuple(atom("update"), atom("z"), atom("soft"), atom("purge"), purge(), list())};
        case 16:
          return {tuple(atom("code_change"), atom("dn"), list())};
        default:
          return {tuple(atom("apply"), tuple(atom("m"), string("f"), list()))};
      }
    }();
    script_.insert(script_.end(), wrong.begin(), wrong.end());
  }

  std::mt19937 engine_;
  std::vector<Term> limits_{atom("default"), atom("infinity"), Term(5000), Term(1)};
  std::size_t density_ = 0;  // of dependencies, in percent
  std::vector<Atom> modules_;
  std::vector<Term> script_;
  std::size_t blocks_ = 0;
  std::vector<std::string> used_;
};

}  // namespace

ScriptCase generated_case(std::uint32_t seed) {
  return Generator(seed).make(seed);
}

std::vector<Term> generated_zoo_script(std::uint32_t seed) {
  std::vector<Atom> modules;
  for (const char* name : {"sup", "inner", "pool", "first", "server", "statem", "special", "event", "guest",
                           "deep", "deeper", "loads", "same", "lib", "app"})
    modules.push_back(Atom{std::string("zoo_") + name});
  return Generator(seed, std::move(modules)).make_for_zoo();
}

}  // namespace erlrc::test
