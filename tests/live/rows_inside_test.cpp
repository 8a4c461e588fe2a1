// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests rows of tables that contain what the new code cannot read, and rows that only look like it.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A server with a table of one row, which version 2.0.0 reads in another way.
struct Table {
  std::string before, after;      ///< records of the versions
  std::string row;                ///< in version 1.0.0
  std::string read;               ///< clauses of read/1 in version 2.0.0
  std::string option = "public";  ///< of the table
  std::string convert = "ok";     ///< what 2.0.0 does in code_change
};

std::string kind_of(Lab& lab, const Table& table) {
  lab.dir().write("kinds/table.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n-compile(debug_info).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3, send/2]).\n"
                  "-if(?VSN =:= \"1.0.0\").\n" +
                      table.before + "\nrow() -> " + table.row +
                      ".\nchange() -> ok.\nsend(_, _) -> ok.\nread(Row) -> Row.\n"
                      "-else.\n" +
                      table.after + "\nrow() -> none.\nchange() -> " + table.convert +
                      ".\nsend(Pid, N) -> Pid ! {note, N, N}.\n" + table.read +
                      ".\n-endif.\n"
                      "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                      "init([]) -> ets:new(zoo_table, [named_table, " +
                      table.option +
                      "]), ets:insert(zoo_table, row()), {ok, 1}.\n"
                      "handle_call(n, _, N) -> {reply, [read(Row) || Row <- ets:tab2list(zoo_table)], N}.\n"
                      "handle_cast(_, N) -> {noreply, N}.\n"
                      "code_change(_, N, _) -> change(), {ok, N}.\n");
  return (lab.dir() / "kinds/table").string();
}

Ran upgrade(Lab& lab, const Table& table, const std::string& appup = "[{load_module, zoo_rec}]") {
  start_keeper(lab, kind_of(lab, table), appup);
  return lab.upgrade("zoo", "1.0.0", "2.0.0");
}

void check_refused(Lab& lab, const Table& table, const std::string& what) {
  const Ran ran = upgrade(lab, table);
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "nothing converts the rows of tables: zoo_table of "));
  CHECK(has(ran.err, " has " + what));
  CHECK(lab.ask("lab:diff().") == "[]");
}

const std::string entry = "-record(entry, {id, name}).";
const std::string more = "-record(entry, {id, name, more}).";
const std::string resized = "records entry with 2 fields, where the new code has 3 fields";

}  // namespace

TEST_CASE("rows: a record may be anywhere in a row") {
  Lab lab;
  const std::string row = GENERATE("{k, 1, #entry{id = 1}}", "{room, [a, #entry{id = 1}]}",
                                   "{k, #{by => {session, #entry{id = 1}}}}", "{#entry{id = 1}}");
  CAPTURE(row);
  check_refused(lab, {entry, more, row, "read(Row) -> element(2, Row)", GENERATE("public", "private")},
                resized);
}

TEST_CASE("rows: of a big table only what is near is found, which is reported") {
  Lab lab;
  const std::string row = GENERATE("{1, [#entry{id = 1}]}", "{1, {{#entry{id = 1}}}}");
  start_keeper(lab, kind_of(lab, {entry, more, row, "read(Row) -> Row"}), "[{load_module, zoo_rec}]");
  lab.ask("ets:insert(zoo_table, [{N, lists:duplicate(20, N)} || N <- lists:seq(2, 30000)]), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  const bool near = has(row, "[");
  CHECK(ran.exit == (near ? 1 : 0));
  CHECK(has(ran.err, resized) == near);
  CHECK(has(ran.out, "remark: tables could not be searched wholly for rows that change: zoo_table of ") !=
        near);
}

TEST_CASE("rows: a message of the new code that looks like the earlier record does not read it") {
  Lab lab;
  check_refused(lab,
                {"-record(note, {id, name}).", "-record(note, {id, name, more}).", "{k, #note{id = 1}}",
                 "read({_, #note{name = Name}}) -> Name"},
                resized.substr(0, 8) + "note" + resized.substr(13));
}

TEST_CASE("rows: new code reads the earlier ones by a pattern of any kind") {
  Lab lab;
  const std::string read =
      GENERATE("read({_, Row}) when is_record(Row, entry, 3) -> Row", "read({_, Row}) -> {entry, _, _} = Row",
               "read({Key, _}) -> ets:select(zoo_table, [{{Key, {entry, '$1', '_'}}, [], ['$1']}])");
  CAPTURE(read);
  const Ran ran = upgrade(lab, {entry, more, "{k, #entry{id = 1}}", read});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(!has(ran.out, "rows"));
}

TEST_CASE("rows: a record named state counts in a table of its own module") {
  Lab lab;
  check_refused(lab,
                {"-record(state, {id, name}).", "-record(state, {id, name, more}).", "{k, #state{id = 1}}",
                 "read({_, #state{name = Name}}) -> Name"},
                "records state with 2 fields");
}

TEST_CASE("rows: a record that is named otherwise") {
  Lab lab;
  check_refused(
      lab,
      {entry, "-record(item, {id, name}).", "{k, #entry{id = 1}}", "read({_, #item{name = Name}}) -> Name"},
      "records entry, where the new code has item");
}

TEST_CASE("rows: maps that lack a key which the new code needs") {
  Lab lab;
  check_refused(lab,
                {"", "-export([make/0]).\nmake() -> #{a => 1, b => 2, c => 3}.", "{k, #{a => 1, b => 2}}",
                 "read({_, #{c := C}}) -> C"},
                "maps without the key c, which the new code needs");
}

TEST_CASE("rows: fields that change places count, unless code_change moves them") {
  Lab lab;
  const std::string before = "-record(item, {id, price, count}).";
  const std::string after = "-record(item, {id, count, price}).";
  const std::string row = "{k, #item{price = dear, count = 3}}";
  const std::string read = "read({_, #item{price = Price}}) -> Price";
  SECTION("nothing converts them") {
    check_refused(lab, {before, after, row, read},
                  "records item, whose fields id, price, count are id, count, price in the new code");
  }
  SECTION("code_change") {
    const bool moves = GENERATE(true, false);
    const std::string convert =
        moves ? "ets:insert(zoo_table, {k, #item{price = dear, count = 3}})" : "zoo_sup ! ok";
    const Ran ran = upgrade(lab, {before, after, row, read, "public", convert}, "");
    INFO(ran);
    CHECK(ran.exit == (moves ? 0 : 1));
    CHECK(has(ran.err, "rolled_back: nothing converts the rows of tables: zoo_table of ") != moves);
    CHECK(has(lab.ask("gen_server:call(zoo_rec, n)."), "dear"));
  }
}

TEST_CASE("rows: a private table of a process that cannot be asked is named") {
  Lab lab;
  start_keeper(lab, kind_of(lab, {entry, more, "{k, 1}", "read(Row) -> Row"}), "[{load_module, zoo_rec}]");
  lab.ask(
      "sys:replace_state(zoo_rec, fun(S) -> spawn(fun() -> ets:new(zoo_rec, [named_table, private]),"
      " ets:insert(zoo_rec, {entry, 1, one}), register(zoo_plain, self()), receive stop -> ok end end), S "
      "end),"
      " lab:await(fun() -> whereis(zoo_plain) =/= undefined end), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "remark: tables could not be searched wholly for rows that change: zoo_rec of "));
  CHECK(has(ran.out, " (private, and its owner cannot be asked)"));
}

TEST_CASE("rows: a tuple in a table of another application only looks like a record, unless that needs it") {
  Lab lab;
  const bool needs = GENERATE(true, false);
  const LabRelease shop =
      servers("shop", "1.0.0", {"shop_a"}, needs ? ", {applications, [kernel, stdlib, zoo]}" : "");
  lab.add(shop);
  start_keeper(lab, kind_of(lab, {entry, more, "{k, 1}", "read(Row) -> Row"}), "[{load_module, zoo_rec}]");
  REQUIRE(lab.start("shop", "1.0.0").exit == 0);
  lab.ask(
      "ets:insert(ets:new(shop_table, [named_table, public, {heir, whereis(shop_a), none}]),"
      " {entry, apple, 3}), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (needs ? 1 : 0));
  CHECK(has(ran.err, "shop_table of ") == needs);
}
