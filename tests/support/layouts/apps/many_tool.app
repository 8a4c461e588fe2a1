{application, many_tool,
 [{description, "many_tool"}, {vsn, "1.0"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib, many_top]}]}.
