{application, egerl,
 [{description, "A line service over TCP, for the demo"},
  {vsn, "4.1.0"},
  {modules, [egerl_app, egerl_sup, egerl_conn_sup, egerl_conn, egerl_words, egerl_age, egerl_counter,
             egerl_listener, egerl_acceptor]},
  {registered, [egerl_sup, egerl_conn_sup, egerl_counter, egerl_listener]},
  {applications, [kernel, stdlib, eglib]},
  {mod, {egerl_app, []}},
  {env, [{port, 4040}, {motd, "welcome to 4.1"}]}]}.
