{application, tool_two,
 [{description, "tool_two"}, {vsn, "1.0"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib]}, {mod, {tool_two, []}}]}.
