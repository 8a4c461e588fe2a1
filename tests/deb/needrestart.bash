# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, where systemd runs. Tests that needrestart reports nodes with stale code, and skips their
# services.

pid_of() { systemctl show --property=MainPID --value "$1"; }
said() { contains "$(<"$logs/command.log")" "$1"; }
# need_restart [MODE]: runs needrestart, which in its mode `a` restarts all services by itself. Only services
# and erlrc matter here.
need_restart() { packages env NEEDRESTART_MODE="${1-a}" needrestart -l; }
deferred() { sed -n '/deferred/,$p' "$logs/command.log" | grep -q "$1"; }
lib=/usr/lib/erlang/lib

install_programs
systemctl daemon-reload
echo "[{egerl, [{port, 4041}]}]." >/etc/egerl.config
echo "ERL_FLAGS=-config /etc/egerl" >/etc/default/erlrc-one
holds "needrestart is installed" packages apt-get install --yes needrestart
cat >/etc/systemd/system/other.service <<END
[Service]
User=egerld
Environment=HOME=/var/lib/egerl
ExecStart=/usr/bin/erl -sname other -noinput
END
cat >/etc/systemd/system/stranger.service <<END
[Service]
User=egerld
Environment=HOME=/var/lib/egerl
ExecStart=/usr/bin/erl -sname stranger -noinput
END
systemctl daemon-reload
holds "packages are installed" put eglib=4.0.1 egerl=4.0.1
for unit in erlrc@one other stranger; do holds "$unit starts" systemctl start $unit; done
register_node other
holds "the other nodes are up" \
  eventually eval 'erlrc-eval other "node()." && as_service erl_call -sname stranger -a "erlang node"'
one=$(pid_of erlrc@one) other=$(pid_of other) stranger=$(pid_of stranger)
same_processes() { equal "$(pid_of erlrc@one) $(pid_of other) $(pid_of stranger)" "$one $other $stranger"; }

say "Packages that were upgraded in the running node:"
holds "upgraded" put eglib=4.1.0 egerl=4.1.0
holds "egerl 4.1.0 runs" equal "$(erlrc-eval one 'element(2, application:get_key(egerl, vsn)).')" '"4.1.0"'
holds "needrestart runs" need_restart
holds "it reports nothing about nodes" refused said erlrc
holds "no process was restarted" same_processes

say "Code that differs from the code on disk:"
cp "$logs/eglib-4.0.1/ebin/eglib_text.beam" $lib/eglib-4.1.0/ebin/
holds "needrestart runs" need_restart
holds "it reports the node and the module" said \
  'erlrc: node one needs a restart: code of 1 module differs from the code on disk: eglib_text'
holds "the service is listed, as one for the administrator" deferred 'erlrc@one.service'
holds "no process was restarted" same_processes
rm $lib/eglib-4.1.0/ebin/eglib_text.beam
holds "a missing file is reported like a changed one" \
  eval 'need_restart && said "differs from the code on disk: eglib_text"'
cp "$logs/eglib-4.1.0/ebin/eglib_text.beam" $lib/eglib-4.1.0/ebin/
holds "with the right file nothing is reported" eval 'need_restart && refused said erlrc'
holds "the output for programs (-b) has only lines for programs" \
  eval 'lines=$(needrestart -b 2>/dev/null) && [[ $lines == NEEDRESTART-* ]] &&
    refused grep -v "^NEEDRESTART-" <<<"$lines"'

say "A library that needrestart finds by itself, and an Erlang whose files are replaced:"
crypto=$(readlink -f $lib/crypto-*/priv/lib/crypto.so)
# For a client without a name, like erlrc, net_kernel of the node generates one, from random bytes of crypto.
mapped() { grep -q " $crypto\$" "/proc/$1/maps"; }
for pid in $one $other; do holds "a node that erlrc has called has loaded it" mapped "$pid"; done
holds "the other one has not" refused mapped "$stranger"
cp "$crypto" "$crypto.new"
mv "$crypto.new" "$crypto"
# in_time COMMAND...: runs it, and sets ms to what it took.
in_time() {
  local began status=0
  began=$(date +%s%3N)
  "$@" || status=$?
  ms=$(($(date +%s%3N) - began))
  return $status
}
holds "needrestart runs" in_time need_restart
well=$ms
in_time need_restart
(( ms > well )) || well=$ms
holds "the services of registered nodes are left to the administrator" \
  eval 'deferred other.service && deferred erlrc@one.service'
holds "no process was restarted" same_processes
kill -STOP "$other"
# The time that needrestart takes by itself differs from one run to the next where the machine is busy, but not by
# the twenty seconds that a node may take that has answered the first question.
holds "needrestart runs with a node that hangs, which costs two seconds" eval '
  for try in 1 2 3; do
    in_time need_restart || break
    say "   (with a node that hangs: $ms ms, without: $well ms)"
    (( ms - well > 3000 )) || break
  done
  (( ms - well <= 3000 ))'
kill -CONT "$other"
holds "the node is named" said 'erlrc: node other does not answer in 2 seconds: it may need a restart'
holds "once" equal "$(grep -c 'erlrc: node' "$logs/command.log")" 1
holds "a node that does not answer is not restarted either" eval 'deferred other.service && same_processes'
say "   now without the configuration file of erlrc:"
mv /etc/needrestart/conf.d/erlrc.conf /tmp
holds "needrestart runs" need_restart
holds "both nodes were restarted, and only they" eval \
  '[[ $(pid_of other) != "$other" && $(pid_of erlrc@one) != "$one" && $(pid_of stranger) == "$stranger" ]]'
mv /tmp/erlrc.conf /etc/needrestart/conf.d
holds "the service is up again" eventually systemctl is-active erlrc@one
one=$(pid_of erlrc@one)
# The service cannot start again as long as the name of its node is registered in epmd.
systemctl stop other
other=0
erts=$(ls -d /usr/lib/erlang/erts-*)
mv "$erts" "$erts.gone"
# In the mode `l`, needrestart only lists services: the node that is not registered could not start now.
holds "needrestart runs" need_restart l
holds "the node is reported" said 'erlrc: node one needs a restart: its Erlang is no longer installed'
mv "$erts.gone" "$erts"
holds "a node that is not registered is not reported" refused said 'node stranger'
holds "no process was restarted" same_processes

say "After its restart:"
cp "$logs/eglib-4.0.1/ebin/eglib_text.beam" $lib/eglib-4.1.0/ebin/
systemctl restart erlrc@one
one=$(pid_of erlrc@one)
holds "nothing is reported" eval 'need_restart && refused said erlrc'

say "Without the program erlrc-eval:"
rm /usr/bin/erlrc-eval
holds "needrestart runs" need_restart
holds "nothing is reported" refused said erlrc
