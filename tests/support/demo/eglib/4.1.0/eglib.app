{application, eglib,
 [{description, "Serial numbers and texts for the demo service"},
  {vsn, "4.1.0"},
  {modules, [eglib_app, eglib_sup, eglib_serial, eglib_text]},
  {registered, [eglib_sup, eglib_serial]},
  {applications, [kernel, stdlib]},
  {mod, {eglib_app, []}},
  {env, []}]}.
