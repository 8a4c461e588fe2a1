{application, fast_X,
 [{description, "fast_X"}, {vsn, "1.0+git1"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib, absent]}]}.
