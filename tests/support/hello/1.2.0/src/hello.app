{application, hello,
 [{description, "Counts greetings"},
  {vsn, "1.2.0"},
  {modules, [hello_app, hello_sup, hello_counter]},
  {registered, [hello_sup, hello_counter]},
  {applications, [kernel, stdlib]},
  {mod, {hello_app, []}}]}.
