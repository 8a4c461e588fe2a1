// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/boot.hpp>

#include <map>
#include <sstream>

#include "planning.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A disk of .app files and a node, described in words.
///
///   app("baz", "foo !bar ?qux")   baz depends on foo and, optionally, on qux, and includes bar
struct World {
  std::map<Atom, AppFiles> disk;
  DesiredBoot desired;
  NodeState node;

  World() {
    node.otp_release = "25";
    for (const char* app : {"kernel", "stdlib"})
      run(node, app, "1");
  }

  World& app(const std::string& name, const std::string& relations = "") {
    AppFiles files;
    files.location = "/lib/" + name + "/ebin";
    files.spec.name = Atom{name};
    files.spec.vsn = "1";
    files.spec.applications = {Atom{"kernel"}};
    std::istringstream words(relations);
    for (std::string word; words >> word;) {
      const Atom other{word.substr(word.find_first_not_of("!?"))};
      (word[0] == '!' ? files.spec.included_applications : files.spec.applications).push_back(other);
      if (word[0] == '?') files.spec.optional_applications.push_back(other);
    }
    files.spec.term = tuple(
        Atom{"application"}, Atom{name},
        list({tuple(Atom{"vsn"}, string("1")), tuple(Atom{"applications"}, atoms(files.spec.applications)),
              tuple(Atom{"optional_applications"}, atoms(files.spec.optional_applications))}));
    disk.insert_or_assign(Atom{name}, files);
    return *this;
  }

  /// Adds the application on disk to the node.
  World& loaded(const std::string& name) {
    const AppSpec& spec = disk.at(Atom{name}).spec;
    node.loaded[Atom{name}] = {spec.vsn, spec.included_applications, spec.applications,
                               spec.optional_applications};
    return *this;
  }
  World& running(const std::string& name) {
    node.running[Atom{name}] = Atom{"temporary"};
    return loaded(name);
  }

  World& desire(const std::string& names, const std::string& type = "temporary") {
    std::istringstream words(names);
    for (std::string word; words >> word;)
      desired.types[Atom{word}] = Atom{type};
    return *this;
  }

  BootPlan plan() const {
    return plan_boot(desired, node, [this](const Atom& name) -> std::variant<AppFiles, BootProblem> {
      const auto found = disk.find(name);
      if (found == disk.end()) return AppFileMissing{name};
      return found->second;
    });
  }
};

std::string joined(const std::vector<Atom>& apps, const std::string& before) {
  std::string text;
  for (const Atom& app : apps)
    text += before + app.name;
  return text;
}

/// The plan as text: the applications in their order, then the problems as terms for the node. For example,
/// "foo baz(bar,foo)!inner" is a start of foo, then one of baz, which waits for bar and foo and includes
/// inner.
std::string plan_text(const World& world) {
  const BootPlan plan = world.plan();
  std::string text;
  for (const BootStart& start : plan.starts) {
    text += (text.empty() ? "" : " ") + start.app.name;
    if (!start.needs.empty()) text += "(" + joined(start.needs, ",").substr(1) + ")";
    text += joined(start.included, "!");
  }
  for (const BootProblem& problem : plan.problems)
    text += (text.empty() ? "" : " ") + print_term(to_term(problem));
  return text;
}

std::vector<std::string> steps(const BootStart& start) {
  std::vector<std::string> texts;
  for (const Step& step : start.steps)
    texts.push_back(print_term(to_term(step)));
  return texts;
}

}  // namespace

TEST_CASE("applications start after their dependencies, listed or not, otherwise in order of their names") {
  CHECK(plan_text(World().app("c").app("b", "c").app("a", "c b").app("d").desire("a d")) ==
        "c b(c) a(b,c) d");
}

TEST_CASE("a running application is skipped, and its dependents do not wait") {
  CHECK(plan_text(World().app("a", "b").app("b").running("b").desire("a b")) == "a");
}

TEST_CASE("a loaded application keeps its specification and is started") {
  World world;
  world.app("a").loaded("a").desire("a");
  CHECK(steps(world.plan().starts.at(0)) ==
        std::vector<std::string>{"{apps,{require_loaded,a,\"1\"}}", "{apps,{start_app,a,temporary}}"});
}

TEST_CASE("an application is loaded with the content of its file, and started with its type") {
  World world;
  world.app("a").desire("a", "permanent");
  CHECK(steps(world.plan().starts.at(0)) ==
        std::vector<std::string>{"{apps,{load_app,a,{application,a,[{vsn,\"1\"},{applications,[kernel]},"
                                 "{optional_applications,[]}]}}}",
                                 "{apps,{require_loaded,a,\"1\"}}", "{apps,{start_app,a,permanent}}"});
}

TEST_CASE("in embedded mode the modules of the file are loaded before the start") {
  World world;
  world.app("a").desire("a");
  const auto made = module("a_app");
  world.disk.at(Atom{"a"}).beams = {{Atom{"a_app"}, made.beam}};
  CHECK(world.plan().starts.at(0).steps.at(2) ==
        Step(LoadModules{"/lib/a/ebin", {{Atom{"a_app"}, to_bytes(made.beam.md5)}}}));
}

TEST_CASE("an optional application counts if it exists") {
  CHECK(plan_text(World().app("a", "?b").app("b").desire("a")) == "b a(b)");
  CHECK(plan_text(World().app("a", "?b").desire("a")) == "a");
}

TEST_CASE("before OTP 24 no application is optional") {
  World world;
  world.app("a", "?b").desire("a").node.otp_release = "23";
  CHECK(plan_text(world) == "{appspec_file_not_found,\"b.app\"} {not_started,a,[b]}");
}

TEST_CASE("an included application is not started by itself") {
  CHECK(plan_text(World().app("bar", "!foo").app("foo").desire("bar foo")) == "bar!foo");
}

TEST_CASE("dependencies of an included application are started before the including one") {
  CHECK(plan_text(World().app("bar", "!foo").app("foo", "qux").app("qux").desire("bar")) ==
        "qux bar(qux)!foo");
}

TEST_CASE("starting an included application starts the including one") {
  CHECK(plan_text(World().app("bar", "!foo").app("foo").loaded("bar").desire("foo")) == "bar!foo");
}

TEST_CASE("inclusion is followed to the outermost application") {
  CHECK(plan_text(
            World().app("top", "!mid").app("mid", "!foo").app("foo", "qux").app("qux").desire("foo top")) ==
        "qux top(qux)!foo!mid");
}

TEST_CASE("a dependency on an included application is a dependency on the including one") {
  World world;
  world.app("bar", "!foo").app("foo").app("baz", "foo").desire("bar baz");
  CHECK(plan_text(world) == "bar!foo baz(bar)");
  CHECK(steps(world.plan().starts.at(1)).front() ==
        "{apps,{load_app,baz,{application,baz,[{vsn,\"1\"},{applications,[kernel,bar]},"
        "{optional_applications,[]}]}}}");
}

TEST_CASE("the same applies if the including application runs") {
  World world;
  world.app("bar", "!foo").app("foo").running("bar").loaded("foo").app("baz", "foo").desire("baz foo");
  CHECK(plan_text(world) == "baz");
  CHECK(steps(world.plan().starts.at(0)).front().find("[kernel,bar]") != std::string::npos);
}

TEST_CASE("two applications included by a third may depend on each other without effect on its order") {
  CHECK(plan_text(World().app("top", "!x !y").app("x", "y").app("y").desire("top")) == "top!x!y");
}

TEST_CASE("an included application that runs by itself is stopped first") {
  World world;
  world.app("bar", "!foo").app("foo").running("foo").desire("bar");
  const auto made = steps(world.plan().starts.at(0));
  CHECK(std::vector<std::string>(made.end() - 2, made.end()) ==
        std::vector<std::string>{"{apps,{stop_app,foo}}", "{apps,{start_app,bar,temporary}}"});
}

TEST_CASE("an application cannot depend on one that it includes") {
  CHECK(plan_text(World().app("bar", "!foo foo").app("foo").desire("bar")) ==
        "{dependency_included,bar,foo,bar}");
}

TEST_CASE("an application that is already loaded cannot get another dependency") {
  CHECK(plan_text(World().app("bar", "!foo").app("foo").app("baz", "foo").loaded("baz").desire("bar baz")) ==
        "bar!foo {dependency_included,baz,foo,bar}");
}

TEST_CASE("two applications that include the same one are not started") {
  CHECK(
      plan_text(World().app("one", "!foo").app("other", "!foo").app("foo").app("d").desire("one other d")) ==
      "d {duplicate_included,foo,one,other}");
  World world;
  world.app("one", "!foo").app("other", "!foo").app("foo").running("one").desire("other");
  CHECK(plan_text(world) == "{duplicate_included,foo,one,other}");
}

TEST_CASE("a cycle is reported with every member in order") {
  CHECK(plan_text(World().app("x", "y").app("y", "z").app("z", "x").desire("x")) ==
        "{circular_dependency,x,[x,y,z]}");
  CHECK(plan_text(World().app("x", "x").desire("x")) == "{circular_dependency,x,[x]}");
}

TEST_CASE("a cycle may lead through included applications") {
  CHECK(plan_text(World().app("r", "!a").app("a", "x").app("x", "r").desire("x")) ==
        "{circular_dependency,a,[a,x,r]}");
  CHECK(plan_text(World().app("r", "!a").app("a", "r").desire("r")) == "{circular_dependency,a,[a,r]}");
  CHECK(plan_text(World().app("r", "!a").app("a", "!r").desire("r")) == "{circular_dependency,a,[a,r]}");
  CHECK(plan_text(World().app("r", "!r").desire("r")) == "{circular_dependency,r,[r]}");
}

TEST_CASE("each of several cycles is reported, and none prevents the start of other applications") {
  CHECK(plan_text(
            World().app("a", "b").app("b", "a").app("x", "y").app("y", "x").app("n", "x").app("ok").desire(
                "a n ok")) ==
        "ok {circular_dependency,a,[a,b]} {circular_dependency,x,[x,y]} {not_started,n,[x]}");
}

TEST_CASE("a missing .app file prevents the start of its dependents, also through included applications") {
  CHECK(plan_text(World()
                      .app("a", "gone")
                      .app("b", "a")
                      .app("r", "!i")
                      .app("i", "a gone")
                      .app("ok")
                      .desire("b ok r")) ==
        "ok {appspec_file_not_found,\"gone.app\"} {not_started,a,[gone]} "
        "{not_started,b,[a]} {not_started,r,[a,gone]}");
}

TEST_CASE("a problem with a file of the administrator affects only its application") {
  World world;
  world.app("a").app("b").desire("b");
  world.desired.problems = {BadStartType{Atom{"a"}, "/etc/a", "often"}};
  CHECK(plan_text(world) == "b {bad_start_type,\"/etc/a\",<<\"often\">>}");
}

TEST_CASE("the plan is sent to the node as its runner expects it") {
  World world;
  world.app("a").loaded("a").app("b", "gone").desire("a b");
  CHECK(print_term(to_term(world.plan())) ==
        "#{starts => [#{app => a,vsn => \"1\",needs => [],included => [],ebins => [],steps => "
        "[{apps,{require_loaded,a,\"1\"}},"
        "{apps,{start_app,a,temporary}}]}],problems => [{{appspec_file_not_found,\"gone.app\"},"
        "<<\"gone: no directory of the code path has gone.app\">>},{{not_started,b,[gone]},"
        "<<\"b needs gone\">>}]}");
}

TEST_CASE("problems are described in words") {
  const Atom a{"a"}, b{"b"}, c{"c"};
  CHECK(describe(CircularDependency{{a, b}}) == "applications need each other: a -> b -> a");
  CHECK(describe(CircularDependency{{a}}) == "a needs itself");
  CHECK(describe(DependencyIncluded{a, b, c}) == "a depends on b, which c includes");
  CHECK(describe(DuplicateIncluded{a, b, c}) == "a is included by both b and c");
  CHECK(describe(AppFileBroken{a, "/f", "/f: open: no"}) == "a: /f: open: no");
  CHECK(describe(BadStartType{a, "/f", "x"}) ==
        "/f: found \"x\", expected nothing, permanent, transient or temporary");
  CHECK(describe(NotStarted{a, {b, c}}) == "a needs b, c");
}
