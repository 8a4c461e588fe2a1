{application, many_lib,
 [{description, "many_lib"}, {vsn, "git"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib]}]}.
