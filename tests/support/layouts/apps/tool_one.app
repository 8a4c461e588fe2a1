{application, tool_one,
 [{description, "tool_one"}, {vsn, "1.0"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib]}, {mod, {tool_one, []}}]}.
