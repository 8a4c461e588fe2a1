{application, not_chosen,
 [{description, "not_chosen"}, {vsn, "1"}, {modules, []}, {registered, []},
  {applications, [kernel]}]}.
