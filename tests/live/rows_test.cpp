// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests rows of tables that are records of the earlier version.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A server with a table whose rows get a field. `access` is an option of the table; `convert`, what version
/// 2.0.0 does in code_change, or by convert/0 in a call of the appup; `also`, a clause of read/1.
std::string keeping(Lab& lab, const std::string& convert, const std::string& access = "public",
                    const std::string& also = "") {
  lab.dir().write("kinds/keeping.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n-compile(debug_info).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3, convert/0]).\n"
                  "-if(?VSN =:= \"1.0.0\").\n-record(entry, {key, value}).\n"
                  "-else.\n-record(entry, {key, value, more}).\n-endif.\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> ets:new(zoo_table, [named_table, {keypos, 2}, " +
                      access +
                      "]),\n"
                      "  ets:insert(zoo_table, #entry{key = 1, value = one}), {ok, 1}.\n"
                      "handle_call(n, _, N) -> [Row] = ets:lookup(zoo_table, N), {reply, read(Row), N}.\n"
                      "handle_cast(_, N) -> {noreply, N}.\n" +
                      also +
                      "read(#entry{value = Value}) -> Value.\n"
                      "code_change(_, N, _) -> changed(), {ok, N}.\n"
                      "-if(?VSN =:= \"1.0.0\").\nchanged() -> ok.\nconvert() -> ok.\n"
                      "-else.\nchanged() -> " +
                      convert + ".\nconvert() -> " + convert + ".\n-endif.\n");
  return (lab.dir() / "kinds/keeping").string();
}

const std::string converting = "ets:insert(zoo_table, #entry{key = 1, value = one})";
const std::string loading = "[{load_module, zoo_rec}]";
const std::string why = "nothing converts the rows of tables: zoo_table of ";
const std::string fields = " has records entry with 2 fields, where the new code has 3 fields";
const std::string call = "gen_server:call(zoo_rec, n).";

void check_refused(Lab& lab, const std::vector<std::string>& options = {}) {
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", options);
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, why));
  CHECK(has(ran.err, fields));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask(call) == "one");
}

}  // namespace

TEST_CASE("rows: those that nothing may convert are refused before anything changes") {
  Lab lab;
  const std::string access = GENERATE("public", "protected", "private");
  CAPTURE(access);
  start_keeper(lab, keeping(lab, "ok", access), loading);
  check_refused(lab);
  const Ran reported = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--records=report"});
  INFO(reported);
  CHECK(reported.exit == 0);
  CHECK(has(reported.out, "remark: " + why));
}

TEST_CASE("rows: a long private table is not searched, which is reported") {
  Lab lab;
  start_keeper(lab, keeping(lab, "ok", "private"), loading);
  lab.ask(
      "sys:replace_state(zoo_rec, fun(S) ->"
      " [ets:insert(zoo_table, {other, N}) || N <- lists:seq(2, 100002)], S end).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "remark: tables could not be searched wholly for rows that change: zoo_table of "));
  CHECK(has(ran.out, " (too big)"));
}

TEST_CASE("rows: those that code_change has not converted are found at the end") {
  Lab lab;
  start_keeper(lab, keeping(lab, "ok"));
  check_refused(lab);
}

TEST_CASE("rows: those that code_change has converted are named if the upgrade is rolled back") {
  Lab lab;
  start_keeper(lab, keeping(lab, converting));
  lab.ask("lab:on({code_change, zoo_keep}, crash).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(has(ran.err,
            " has records entry with 3 fields, where the old code has 2 fields; the table is left so"));
}

TEST_CASE("rows: release_handler's conversions are looked at, too") {
  Lab lab;
  start_keeper(lab, keeping(lab, "ok"));
  check_refused(lab, {"--engine=otp"});
}

TEST_CASE("rows: code_change converts them, or a call of the appup") {
  Lab lab;
  SECTION("code_change") {
    start_keeper(lab, keeping(lab, converting));
  }
  SECTION("a call") {
    start_keeper(lab, keeping(lab, converting), "[{load_module, zoo_rec}, {apply, {zoo_rec, convert, []}}]");
  }
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(!has(ran.out, "rows"));
  CHECK(lab.ask(call) == "one");
}

TEST_CASE("rows: new code that still reads the earlier ones may have them") {
  Lab lab;
  start_keeper(lab, keeping(lab, "ok", "public", "read({entry, _, Value}) -> Value;\n"), loading);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(!has(ran.out, "rows"));
  CHECK(lab.ask(call) == "one");
}

TEST_CASE("rows: a record may be the value of a row, and belong to a module without processes") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("lib", vsn, {"lib_a"});
    made.modules.push_back({"lib_rec", "records"});
    lab.add(made);
  }
  REQUIRE(lab.start("lib", "1.0.0").exit == 0);
  lab.ask(
      "ets:insert(ets:new(lib_table, [named_table, public, {heir, whereis(lib_a), none}]),"
      " {key, lib_rec:sample()}), lab:mark().");
  const Ran ran = lab.upgrade("lib", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "lib_table of "));
  CHECK(has(ran.err, " has records sample with 2 fields, where the new code has 3 fields"));
}

TEST_CASE("rows: the value of a persistent term is one, too") {
  Lab lab;
  const std::string appup =
      GENERATE("[{load_module, zoo_rec}]", "[{load_module, zoo_rec}, {apply, {zoo_rec, convert, []}}]");
  CAPTURE(appup);
  start_keeper(lab, keeping(lab, "persistent_term:put(zoo_term, #entry{key = 1, value = one})"), appup);
  lab.ask("ets:delete_all_objects(zoo_table), persistent_term:put(zoo_term, {entry, 1, one}), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  const bool converts = has(appup, "convert");
  CHECK(ran.exit == (converts ? 0 : 1));
  CHECK(has(ran.err,
            "nothing converts the rows of tables: persistent terms have records entry with 2 fields, "
            "where the new code has 3 fields") == !converts);
  lab.ask("persistent_term:erase(zoo_term).");
}

TEST_CASE("rows: a table of Mnesia is transformed by a call of the appup") {
  Lab lab;
  lab.dir().write(
      "kinds/stored.erl",
      "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n-compile(debug_info).\n"
      "-export([start_link/0, init/1, handle_call/3, handle_cast/2, transform/1]).\n"
      "-if(?VSN =:= \"1.0.0\").\n-record(account, {id, owner}).\n"
      "-else.\n-record(account, {id, owner, limit = 7}).\n-endif.\n"
      "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "init([]) -> {ok, none}.\n"
      "handle_call(make, _, S) -> ok = mnesia:start(),\n"
      "  {atomic, ok} = mnesia:create_table(account, [{attributes, record_info(fields, account)}]),\n"
      "  ok = mnesia:dirty_write(#account{id = 1, owner = me}), {reply, ok, S};\n"
      "handle_call(n, _, S) -> [#account{owner = Owner}] = mnesia:dirty_read(account, 1),\n"
      "  {reply, Owner, S}.\n"
      "handle_cast(_, S) -> {noreply, S}.\n"
      "transform(up) -> {atomic, ok} = mnesia:transform_table(account,\n"
      "  fun(Row) -> list_to_tuple(tuple_to_list(Row) ++ [7]) end, record_info(fields, account));\n"
      "transform(down) -> ok.\n");
  const std::string appup =
      GENERATE("[{load_module, zoo_rec}]", "[{load_module, zoo_rec}, {apply, {zoo_rec, transform, [up]}}]");
  CAPTURE(appup);
  start_keeper(lab, (lab.dir() / "kinds/stored").string(), appup);
  REQUIRE(lab.ask("gen_server:call(zoo_rec, make).") == "ok");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  const bool transforms = has(appup, "transform");
  CHECK(ran.exit == (transforms ? 0 : 1));
  CHECK(has(ran.err, "account of ") == !transforms);
  CHECK(lab.ask(call) == "me");
}
