{application, thing,
 [{description, "thing"}, {vsn, "1.0"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib]}, {included_applications, [many_lib]}]}.
