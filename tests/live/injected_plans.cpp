// SPDX-License-Identifier: BSD-3-Clause
#include "injected_plans.hpp"

#include <filesystem>
#include <utility>

#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "zoo.hpp"

namespace erlrc::test {

namespace {

std::string appup(const std::string& up, const std::string& down = "[]") {
  return "{\"2.0.0\", [{\"1.0.0\", " + up + "}], [{\"1.0.0\", " + down + "}]}.";
}

const std::string one_by_one = appup(
    "[{add_module, zoo_new}, {load_module, zoo_lib}, {update, zoo_first, {advanced, []}},"
    " {update, zoo_server, {advanced, []}}, {update, zoo_statem, {advanced, []}},"
    " {update, zoo_special, {advanced, []}}, {update, zoo_event, {advanced, []}},"
    " {update, zoo_inner, supervisor}, {update, zoo_guest, {advanced, []}}, {update, zoo_pool, supervisor},"
    " {update, zoo_deep, {advanced, []}, [zoo_deeper]}, {update, zoo_deeper, {advanced, []}},"
    " {update, zoo_sup, supervisor}, {load_module, zoo_loads}, {apply, {zoo_app, changed, [up]}},"
    " {load_module, zoo_app}, {delete_module, zoo_gone}]",
    "[{add_module, zoo_gone}, {load_module, zoo_app}, {apply, {zoo_app, changed, [down]}},"
    " {load_module, zoo_loads}, {update, zoo_sup, supervisor},"
    " {update, zoo_deeper, {advanced, []}, [zoo_deep]}, {update, zoo_deep, {advanced, []}},"
    " {update, zoo_pool, supervisor}, {update, zoo_guest, {advanced, []}}, {update, zoo_inner, supervisor},"
    " {update, zoo_event, {advanced, []}}, {update, zoo_special, {advanced, []}},"
    " {update, zoo_statem, {advanced, []}}, {update, zoo_server, {advanced, []}},"
    " {update, zoo_first, {advanced, []}}, {load_module, zoo_lib}, {delete_module, zoo_new}]");

/// The forms of `update`, and dependencies, which form groups.
const std::string high_level = appup(
    "[{update, zoo_first, soft}, {update, zoo_server, 4000, {advanced, x}, soft_purge, brutal_purge, []},"
    " {update, zoo_statem, static, infinity, {advanced, []}, brutal_purge, soft_purge, [zoo_special]},"
    " {update, zoo_special, {advanced, []}, [zoo_statem]}, {update, zoo_event, {advanced, []}, [zoo_lib]},"
    " {load_module, zoo_lib, soft_purge, soft_purge, []}, {add_module, zoo_new, [zoo_lib]},"
    " {update, zoo_guest, {advanced, []}, [zoo_pool]}, {update, zoo_pool, static, default, soft,"
    "  soft_purge, soft_purge, []}, {update, zoo_deep}, {update, zoo_deeper, [zoo_deep]},"
    " {update, zoo_inner, {advanced, []}}, {load_module, zoo_loads}, {load_module, zoo_same},"
    " {delete_module, zoo_gone, [zoo_new]}]");

/// Low-level instructions as in relup(4), with calls before the point of no return.
const std::string low_level = appup(
    "[{apply, {zoo_app, changed, [early]}},"
    " {load_object_code, {zoo, \"2.0.0\", [zoo_lib, zoo_new, zoo_server, zoo_statem, zoo_special, zoo_deep,"
    "                                      zoo_event, zoo_first]}},"
    " point_of_no_return,"
    " {load, {zoo_new, brutal_purge, brutal_purge}}, {load, {zoo_lib, soft_purge, soft_purge}},"
    " {suspend, [zoo_server, {zoo_statem, 3000}, {zoo_event, infinity}]},"
    " {load, {zoo_server, brutal_purge, soft_purge}}, {load, {zoo_statem, brutal_purge, brutal_purge}},"
    " {load, {zoo_event, soft_purge, soft_purge}},"
    " {code_change, up, [{zoo_server, []}, {zoo_event, []}]}, {code_change, up, [{zoo_statem, extra}]},"
    " {resume, [zoo_event]}, {apply, {zoo_app, changed, [between]}}, {resume, [zoo_statem, zoo_server]},"
    " {suspend, [zoo_first]}, {load, {zoo_first, brutal_purge, brutal_purge}},"
    " {code_change, up, [{zoo_first, []}]}, {resume, [zoo_first]}, {purge, [zoo_lib, zoo_server]},"
    " {remove, {zoo_gone, soft_purge, brutal_purge}}, {purge, [zoo_gone]}]");

const std::string stops = appup(
    "[{load_object_code, {zoo, \"2.0.0\", [zoo_special, zoo_deep, zoo_server]}}, point_of_no_return,"
    " {stop, [zoo_special, zoo_deep]}, {load, {zoo_special, brutal_purge, brutal_purge}},"
    " {load, {zoo_deep, brutal_purge, brutal_purge}}, {stop, [zoo_server]},"
    " {load, {zoo_server, brutal_purge, brutal_purge}}, {start, [zoo_server]},"
    " {start, [zoo_special, zoo_deep]}]");

/// Both versions, one of them running, with calls recorded in the states, and settings at run time.
Request running_zoo(Lab& lab, const std::string& shipped, Action action = Action::upgrade) {
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0", shipped));
  const bool up = action == Action::upgrade;
  REQUIRE(lab.start("zoo", up ? "1.0.0" : "2.0.0").exit == 0);
  lab.ask(
      "[gen_server:call(S, vsn) || S <- [zoo_first, zoo_server, zoo_server, zoo_deep]],"
      " [{ok, _} = supervisor:start_child(zoo_pool, [infinity]) || _ <- [1, 2, 3]],"
      " application:set_env(zoo, at_run_time, 1), application:set_env(zoo, both, at_run_time), "
      "zoo_same:same().");
  return request_for(lab, action, "zoo", up ? "1.0.0" : "2.0.0", up ? "2.0.0" : "1.0.0");
}

void add_top(Lab& lab, const std::string& vsn, bool includes) {
  lab.add(servers("top", vsn, {"top_a"}, includes ? ", {included_applications, [sub]}" : ""));
}

void add_sub(Lab& lab, bool desired) {
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_pathz(\"" + lab.at("sub", "1.0.0") +
          "/ebin\"), [M:module_info() || M <- [sub_app, sub_sup, sub_a]].");
  if (desired) lab.want("sub");
}

void add(std::vector<Scenario>& all, std::string name, std::function<Request(Lab&)> set_up,
         bool restarts = false) {
  all.push_back({std::move(name), std::move(set_up), restarts});
}

/// Upgrades and downgrades of a running application, by each kind of script.
void add_scripts(std::vector<Scenario>& all) {
  add(all, "upgrade, made appup", [](Lab& lab) { return running_zoo(lab, ""); });
  add(all, "downgrade, made appup", [](Lab& lab) { return running_zoo(lab, "", Action::downgrade); });
  add(all, "upgrade, one by one", [](Lab& lab) { return running_zoo(lab, one_by_one); });
  add(all, "downgrade, one by one", [](Lab& lab) { return running_zoo(lab, one_by_one, Action::downgrade); });
  add(all, "upgrade, forms of update", [](Lab& lab) { return running_zoo(lab, high_level); });
  add(all, "upgrade, low-level", [](Lab& lab) { return running_zoo(lab, low_level); });
  add(
      all, "upgrade, stop and start", [](Lab& lab) { return running_zoo(lab, stops); }, true);
  add(
      all, "upgrade, restart_application",
      [](Lab& lab) {
        Request request = running_zoo(lab, appup("[{restart_application, zoo}]"));
        return request;
      },
      true);
}

/// Upgrades where a version is not where it should be, or does not run.
void add_versions(std::vector<Scenario>& all) {
  add(all, "upgrade, the old directory is not in the path, another one has vanished", [](Lab& lab) {
    Request request = running_zoo(lab, "");
    lab.ask("code:add_patha(\"" + lab.at("zoo", "1.0.0") + "/src\"), code:del_path(\"" +
            lab.at("zoo", "1.0.0") + "/ebin\").");
    std::filesystem::remove_all(lab.at("zoo", "1.0.0") + "/src");
    return request;
  });
  add(all, "the same version, built anew", [](Lab& lab) {
    Request request = running_zoo(lab, "");
    const std::string file = "zoo-2.0.0/ebin/zoo.app";
    std::string spec = read_file(lab.dir() / file);
    spec.replace(spec.find("{vsn, \"2"), 8, "{vsn, \"1");
    lab.dir().write(file, spec);
    version_after(request)->vsn = "1.0.0";
    return request;
  });
  add(all, "upgrade of what does not run", [](Lab& lab) {
    const Request request = running_zoo(lab, "");
    lab.stop("zoo", "1.0.0", {"--no-unload"});
    return request;
  });
}

/// Upgrades that change which applications are included.
void add_inclusions(std::vector<Scenario>& all) {
  add(
      all, "upgrade, one is newly included, which ran by itself",
      [](Lab& lab) {
        add_top(lab, "1.0.0", false);
        add_top(lab, "2.0.0", true);
        add_sub(lab, true);
        lab.start("top", "1.0.0");
        lab.start("sub", "1.0.0");
        return request_for(lab, Action::upgrade, "top", "1.0.0", "2.0.0");
      },
      true);
  add(all, "upgrade, one is newly included and not loaded", [](Lab& lab) {
    add_top(lab, "1.0.0", false);
    add_top(lab, "2.0.0", true);
    add_sub(lab, false);
    lab.start("top", "1.0.0");
    return request_for(lab, Action::upgrade, "top", "1.0.0", "2.0.0");
  });
  add(all, "upgrade, one is no longer included", [](Lab& lab) {
    add_top(lab, "1.0.0", true);
    add_top(lab, "2.0.0", false);
    add_sub(lab, true);
    lab.start("top", "1.0.0");
    return request_for(lab, Action::upgrade, "top", "1.0.0", "2.0.0");
  });
}

/// Starts.
void add_starts(std::vector<Scenario>& all) {
  add(all, "start", [](Lab& lab) {
    lab.add(zoo("1.0.0"));
    return request_for(lab, Action::start, "zoo", "", "1.0.0");
  });
  add(all, "start, another version is loaded", [](Lab& lab) {
    running_zoo(lab, "");
    lab.stop("zoo", "1.0.0", {"--no-unload"});
    return request_for(lab, Action::start, "zoo", "", "2.0.0");
  });
  add(
      all, "start, an included one runs by itself",
      [](Lab& lab) {
        add_top(lab, "1.0.0", true);
        add_sub(lab, true);
        lab.start("sub", "1.0.0");
        return request_for(lab, Action::start, "top", "", "1.0.0");
      },
      true);
  add(all, "start, a running one includes it", [](Lab& lab) {
    add_top(lab, "1.0.0", true);
    lab.add(servers("sub", "1.0.0", {"sub_a"}));
    lab.start("top", "1.0.0");
    return request_for(lab, Action::start, "sub", "", "1.0.0");
  });
}

/// Stops.
void add_stops(std::vector<Scenario>& all) {
  add(
      all, "stop",
      [](Lab& lab) {
        lab.add(zoo("1.0.0"));
        lab.start("zoo", "1.0.0");
        lab.ask("application:set_env(zoo, at_run_time, 1).");
        return request_for(lab, Action::stop, "zoo", "1.0.0", "");
      },
      true);
  add(
      all, "stop without unloading",
      [](Lab& lab) {
        lab.add(zoo("1.0.0"));
        lab.start("zoo", "1.0.0");
        Request request = request_for(lab, Action::stop, "zoo", "1.0.0", "");
        std::get<Request::Stop>(request.what).unload = false;
        return request;
      },
      true);
  add(
      all, "stop, an included one keeps running by itself",
      [](Lab& lab) {
        add_top(lab, "1.0.0", true);
        add_sub(lab, true);
        lab.start("top", "1.0.0");
        return request_for(lab, Action::stop, "top", "1.0.0", "");
      },
      true);
  add(
      all, "stop, an included one also runs by itself",
      [](Lab& lab) {
        add_top(lab, "1.0.0", true);
        add_sub(lab, true);
        lab.start("sub", "1.0.0");
        lab.ask("application:load({application, top, []}).");
        lab.ask("application:unload(top).");
        lab.start("top", "1.0.0");
        lab.ask("application:start(sub).");
        return request_for(lab, Action::stop, "top", "1.0.0", "");
      },
      true);
}

}  // namespace

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  for (const auto add_some : {add_scripts, add_versions, add_inclusions, add_starts, add_stops})
    add_some(all);
  return all;
}

}  // namespace erlrc::test
