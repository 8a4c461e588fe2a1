{application, many_top,
 [{description, "many_top"}, {vsn, "2.0.1"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib, many_lib, crypto, nowhere]}, {optional_applications, [nowhere, crypto]}]}.
