// SPDX-License-Identifier: BSD-3-Clause
#include "known_calls.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace erlrc {
namespace {

// The tables are built at compile time: programs that never search them, such as a start that finds
// everything running, do not pay for them.

// Modules whose functions all only compute.
constexpr auto kPureModules = std::to_array<std::string_view>({"lists",
                                                               "maps",
                                                               "proplists",
                                                               "string",
                                                               "orddict",
                                                               "dict",
                                                               "ordsets",
                                                               "sets",
                                                               "gb_trees",
                                                               "gb_sets",
                                                               "queue",
                                                               "array",
                                                               "filename",
                                                               "binary",
                                                               "unicode",
                                                               "math",
                                                               "io_lib",
                                                               "base64",
                                                               "Elixir.Enum",
                                                               "Elixir.Map",
                                                               "Elixir.Keyword",
                                                               "Elixir.List",
                                                               "Elixir.String",
                                                               "Elixir.Access",
                                                               "Elixir.Kernel",
                                                               "Elixir.Path",
                                                               "Elixir.Integer",
                                                               "Elixir.Atom",
                                                               "Elixir.Supervisor.Spec"});

// Further functions that only compute, and functions that only look something up.
constexpr auto kPureFunctions = std::to_array<std::string_view>({"supervisor:check_childspecs",
                                                                 "Elixir.Supervisor:init",
                                                                 "Elixir.Supervisor:child_spec",
                                                                 "Elixir.DynamicSupervisor:init",
                                                                 "Elixir.ConsumerSupervisor:init",
                                                                 "application:get_env",
                                                                 "application:get_all_env",
                                                                 "application:get_key",
                                                                 "application:get_all_key",
                                                                 "application:get_application",
                                                                 "Elixir.Application:get_env",
                                                                 "Elixir.Application:fetch_env",
                                                                 "Elixir.Application:fetch_env!",
                                                                 "Elixir.Application:get_all_env",
                                                                 "os:getenv",
                                                                 "os:type",
                                                                 "os:timestamp",
                                                                 "code:lib_dir",
                                                                 "code:priv_dir",
                                                                 "code:ensure_loaded",
                                                                 "code:is_loaded",
                                                                 "code:which",
                                                                 "file:consult",
                                                                 "file:read_file",
                                                                 "filelib:is_file",
                                                                 "filelib:is_dir",
                                                                 "filelib:is_regular",
                                                                 "filelib:wildcard",
                                                                 "ets:lookup",
                                                                 "ets:lookup_element",
                                                                 "ets:member",
                                                                 "ets:info",
                                                                 "ets:whereis",
                                                                 "ets:tab2list",
                                                                 "ets:match",
                                                                 "ets:match_object",
                                                                 "ets:select",
                                                                 "ets:foldl",
                                                                 "ets:first",
                                                                 "ets:next",
                                                                 "persistent_term:get",
                                                                 "init:get_argument",
                                                                 "re:run",
                                                                 "re:replace",
                                                                 "re:split",
                                                                 "re:compile",
                                                                 "timer:seconds",
                                                                 "timer:minutes",
                                                                 "timer:hours",
                                                                 "timer:hms",
                                                                 "logger:get_config",
                                                                 "erlang:abs",
                                                                 "erlang:adler32",
                                                                 "erlang:append_element",
                                                                 "erlang:atom_to_binary",
                                                                 "erlang:atom_to_list",
                                                                 "erlang:binary_to_atom",
                                                                 "erlang:binary_to_existing_atom",
                                                                 "erlang:binary_to_float",
                                                                 "erlang:binary_to_integer",
                                                                 "erlang:binary_to_list",
                                                                 "erlang:binary_to_term",
                                                                 "erlang:crc32",
                                                                 "erlang:delete_element",
                                                                 "erlang:element",
                                                                 "erlang:error",
                                                                 "erlang:exit",
                                                                 "erlang:external_size",
                                                                 "erlang:float_to_binary",
                                                                 "erlang:float_to_list",
                                                                 "erlang:function_exported",
                                                                 "erlang:get",
                                                                 "erlang:get_cookie",
                                                                 "erlang:get_module_info",
                                                                 "erlang:insert_element",
                                                                 "erlang:integer_to_binary",
                                                                 "erlang:integer_to_list",
                                                                 "erlang:iolist_size",
                                                                 "erlang:iolist_to_binary",
                                                                 "erlang:is_alive",
                                                                 "erlang:is_builtin",
                                                                 "erlang:is_process_alive",
                                                                 "erlang:list_to_atom",
                                                                 "erlang:list_to_binary",
                                                                 "erlang:list_to_existing_atom",
                                                                 "erlang:list_to_float",
                                                                 "erlang:list_to_integer",
                                                                 "erlang:list_to_pid",
                                                                 "erlang:list_to_tuple",
                                                                 "erlang:localtime",
                                                                 "erlang:make_fun",
                                                                 "erlang:make_ref",
                                                                 "erlang:make_tuple",
                                                                 "erlang:max",
                                                                 "erlang:md5",
                                                                 "erlang:min",
                                                                 "erlang:module_loaded",
                                                                 "erlang:monotonic_time",
                                                                 "erlang:nif_error",
                                                                 "erlang:node",
                                                                 "erlang:nodes",
                                                                 "erlang:now",
                                                                 "erlang:phash2",
                                                                 "erlang:pid_to_list",
                                                                 "erlang:process_info",
                                                                 "erlang:raise",
                                                                 "erlang:ref_to_list",
                                                                 "erlang:registered",
                                                                 "erlang:self",
                                                                 "erlang:setelement",
                                                                 "erlang:split_binary",
                                                                 "erlang:subtract",
                                                                 "erlang:system_info",
                                                                 "erlang:system_time",
                                                                 "erlang:term_to_binary",
                                                                 "erlang:throw",
                                                                 "erlang:time_offset",
                                                                 "erlang:timestamp",
                                                                 "erlang:tuple_to_list",
                                                                 "erlang:unique_integer",
                                                                 "erlang:universaltime",
                                                                 "erlang:whereis",
                                                                 "erlang:++",
                                                                 "erlang:--",
                                                                 "erlang:+",
                                                                 "erlang:-",
                                                                 "erlang:*",
                                                                 "erlang:/",
                                                                 "erlang:div",
                                                                 "erlang:rem",
                                                                 "erlang:and",
                                                                 "erlang:or",
                                                                 "erlang:not",
                                                                 "erlang:xor",
                                                                 "erlang:<",
                                                                 "erlang:>",
                                                                 "erlang:=<",
                                                                 "erlang:>=",
                                                                 "erlang:==",
                                                                 "erlang:/=",
                                                                 "erlang:=:=",
                                                                 "erlang:=/="});

constexpr auto kGuards = std::to_array<std::string_view>(
    {"ets:info", "ets:whereis", "ets:all", "erlang:whereis", "erlang:registered"});

std::string name_of(const ImportedFunction& called) {
  return called.module.name + ":" + called.function.name.name;
}

bool is_in(const auto& table, std::string_view name) {
  return std::ranges::find(table, name) != table.end();
}

}  // namespace

bool only_computes(const ImportedFunction& called) {
  const std::string name = name_of(called);
  if (name == "erlang:exit" && called.function.arity == 2) return false;  // to another process
  return is_in(kPureModules, called.module.name) || is_in(kPureFunctions, name) ||
         called.function.name.name == "child_spec";
}

bool is_guard(const ImportedFunction& called) {
  return is_in(kGuards, name_of(called));
}

}  // namespace erlrc
