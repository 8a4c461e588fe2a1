{application, many_plugin,
 [{description, "many_plugin"}, {vsn, "1.0"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib, many_top]}]}.
