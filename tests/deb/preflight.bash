# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests that APT reports the effect of a transaction on running nodes before it begins, and
# refuses an impossible transaction if configured so. Nothing else that goes wrong in the preflight stops APT.

. "$here/../support/preflight.bash"
silent() { refused grep -E 'erlrc' "$logs/command.log"; }
refusing() { packages apt-get install --yes -o Erlrc::Preflight=refuse "$@"; }
# dpkg_traces: prints checksums of dpkg's log and status; if they do not change, dpkg did nothing.
dpkg_traces() { md5sum /var/log/dpkg.log /var/lib/dpkg/status | cut -d' ' -f1 | tr '\n' ' '; }
# at VSN: checks that dpkg and the node have this version of both applications.
at() {
  holds "dpkg: $1" equal "$(version_of egerl | cut -d' ' -f1) $(version_of eglib | cut -d' ' -f1)" "$1 $1"
  holds "node: $1" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$1\"]"
}
# preflight CONFIG ACTIONS: calls the program like APT.
preflight() {
  printf 'VERSION 3\n%s\n\n%s\n' "$1" "$2" | packages erlrc-apt-preflight
}

say "No node runs:"
install_programs
holds "the hook is installed" test -s /etc/apt/apt.conf.d/20erlrc
holds "installed" put eglib=4.0.1
holds "without a word" silent
holds "removed" take_away eglib
register_node egerl
holds "installed with a node that is down" put eglib=4.0.1 egerl=4.0.1
holds "without a word" silent

say "An upgrade that is possible:"
start_node egerl 4040
for app in eglib egerl; do erlrc-start $app 4.0.1 >/dev/null; done
at 4.0.1
open_line 4040
first=$(ask count)
holds "upgraded" put eglib=4.1.0 egerl=4.1.0
holds "it was reported before" table 'eglib 4.0.1 4.1.0 egerl hot 2: eglib_serial eglib_text' \
  'egerl 4.0.1 4.1.0 egerl hot 4: egerl_age egerl_conn egerl_counter ..'
at 4.1.0
holds "over the same connection" equal "$first|$(ask version)" "$first|version 4.1.0"
holds "a downgrade, in the order of APT" put eglib=4.0.1 egerl=4.0.1
holds "it was reported before" table 'egerl 4.1.0 4.0.1 egerl hot 4: egerl_age egerl_conn egerl_counter ..' \
  'eglib 4.1.0 4.0.1 egerl hot 2: eglib_serial eglib_text'
at 4.0.1

say "A version that asks for a new emulator:"
mkdir -p /tmp/made/ebin
cp /usr/lib/erlang/lib/eglib-4.0.1/ebin/* /tmp/made/ebin
sed -i 's/4\.0\.1/4.3.0/' /tmp/made/ebin/eglib.app
echo '{"4.3.0", [{<<".*">>, [restart_new_emulator]}], [{<<".*">>, [restart_new_emulator]}]}.' >/tmp/made/ebin/eglib.appup
"$here/../support/make-deb" eglib 4.3.0 /tmp/made/ebin /srv/archive
"$here/../support/make-archive" /srv/archive 2>/dev/null
apt-get update >/dev/null
before=$(dpkg_traces)
holds "refused" refused refusing eglib=4.3.0 egerl=4.1.0
holds "the reason is in the table" table \
  'eglib 4.0.1 4.3.0 egerl needs restart - its appup asks for restart_new_emulator' \
  'egerl 4.0.1 4.1.0 egerl refused 4: egerl_age egerl_conn egerl_counter .. needs eglib, which stays at 4.0.1'
holds "the option to continue anyway is reported" said 'option -o Erlrc::Preflight=report continues anyway'
holds "dpkg was not even called" equal "$(dpkg_traces)" "$before"
at 4.0.1
holds "if only reported, dpkg tries it, fails and restores the old version" refused put eglib=4.3.0
holds "it was reported before" \
  table 'eglib 4.0.1 4.3.0 egerl needs restart - its appup asks for restart_new_emulator'
at 4.0.1
holds "if configured so, it is skipped until a restart, and so is the package that needs it" \
  packages apt-get install --yes -o Erlrc::Preflight=leave eglib=4.3.0 egerl=4.1.0
holds "that is reported" said 'erlrc: skipped until the nodes are restarted: egerl eglib'
holds "dpkg has the new versions" \
  equal "$(version_of egerl | cut -d' ' -f1) $(version_of eglib | cut -d' ' -f1)" '4.1.0 4.3.0'
holds "the node has the old ones" equal "$(running egerl egerl)$(running egerl eglib)" '["4.0.1"]["4.0.1"]'
holds "over the same connection" equal "$(ask version)" 'version 4.0.1'
holds "nothing is left behind but what has been reported" equal "$(find /run/erlrc /var/lib/erlrc -type f)" \
  /run/erlrc/reported
holds "downgraded without any work" put eglib=4.0.1 egerl=4.0.1
at 4.0.1
holds "an upgrade that is possible is not refused" refusing eglib=4.1.0
holds "upgraded" equal "$(running egerl eglib)" '["4.1.0"]'

say "A process in old code:"
stuck() {
  on_node egerl 'Forms = [{attribute,1,module,egerl_words},{attribute,1,export,[{wait,0}]},
    {function,1,wait,0,[{clause,1,[],[],[{'"'receive'"',1,[{clause,1,[{atom,1,stop}],[],[{atom,1,ok}]}]}]}]}],
    {ok, egerl_words, Old} = compile:forms(Forms),
    code:purge(egerl_words), {module, _} = code:load_binary(egerl_words, "old", Old),
    register(stuck, spawn(egerl_words, wait, [])), code:purge(egerl_words),
    {module, _} = code:load_file(egerl_words),
    erlang:check_process_code(whereis(stuck), egerl_words).'
}
holds "there is one" equal "$(stuck)" true
holds "refused before anything is changed" refused refusing egerl=4.1.0
holds "with the name of the module" said 'egerl_words'
holds "egerl runs as before" equal "$(running egerl egerl)" '["4.0.1"]'
holds "the process is unharmed" equal "$(on_node egerl 'is_process_alive(whereis(stuck)).')" true
on_node egerl 'stuck ! stop, ok.' >/dev/null
holds "not refused once the process is gone" refusing egerl=4.1.0
at 4.1.0

say "Bad input is a warning:"
sed -i 's/4\.3\.0/4.4.0/' /tmp/made/ebin/eglib.app
rm /tmp/made/ebin/eglib.appup
"$here/../support/make-deb" eglib 4.4.0 /tmp/made/ebin /tmp/made
mv /tmp/made/eglib_4.4.0_all.deb /tmp/bad.deb
head -c 200 /dev/zero | dd of=/tmp/bad.deb bs=1 seek=$(($(stat -c %s /tmp/bad.deb) - 300)) conv=notrunc status=none
holds "an archive whose files are damaged" eval '
  preflight Dir=/ "eglib 4.1.0 all none < 4.4.0 all none /tmp/bad.deb"'
holds "is named in a warning" said 'erlrc-apt-preflight: warning: /tmp/bad.deb: '
holds "APT continues, but dpkg cannot unpack it" refused packages apt-get install --yes /tmp/bad.deb
holds "as dpkg reports" said 'dpkg'
holds "besides our warning" said 'erlrc-apt-preflight: warning: /tmp/bad.deb: '
holds "dpkg keeps the old version" nothing_pending
at 4.1.0
holds "garbage for a transaction" eval 'echo garbage | packages erlrc-apt-preflight'
holds "leads to a warning" \
  said "erlrc-apt-preflight: warning: APT's description of the transaction: line 1: expected"
holds "and is refused if configured so" refused preflight 'Erlrc::Preflight=refuse' garbage

say "A conversion that fails, which is not known before:"
holds "the upgrade fails" refused put egerl=4.2.0
at 4.1.0
holds "with \`leave\` it does not" packages apt-get install --yes -o Erlrc::Preflight=leave egerl=4.2.0
holds "although it was shown as possible" table 'egerl 4.1.0 4.2.0 egerl hot 3: egerl_conn egerl_counter egerl_words'
holds "that the node is left is reported" said 'node egerl keeps running the old code until its restart'
holds "dpkg has the new version" equal "$(version_of egerl | cut -d' ' -f1)" 4.2.0
holds "the node has the old one" equal "$(running egerl egerl)" '["4.1.0"]'
holds "downgraded without any work" put egerl=4.1.0
at 4.1.0

say "Our own failures do not stop APT:"
kill -STOP "$(pgrep -u egerld -x beam.smp)"
holds "a node that does not answer is reported after the time limit" \
  preflight 'Erlrc::Preflight::Timeout=1' 'eglib 4.1.0 all none > 4.0.1 all none /srv/archive/eglib_4.0.1_all.deb'
holds "as such" said 'did not answer in time'
holds "and is a reason to refuse if configured so" \
  refused preflight $'Erlrc::Preflight::Timeout=1\nErlrc::Preflight=refuse' \
  'eglib 4.1.0 all none > 4.0.1 all none /srv/archive/eglib_4.0.1_all.deb'
kill -CONT "$(pgrep -u egerld -x beam.smp)"
mv /usr/bin/erlrc-apt-preflight /tmp/preflight
printf '#!/bin/sh\ncat >/dev/null\nkill -SEGV $$\n' >/usr/bin/erlrc-apt-preflight
chmod 0755 /usr/bin/erlrc-apt-preflight
holds "the program crashes" put egerl=4.0.1
printf '#!/bin/sh\ncat >/dev/null\nexit 127\n' >/usr/bin/erlrc-apt-preflight
holds "a library of it is missing" put eglib=4.0.1
rm /usr/bin/erlrc-apt-preflight
holds "it is no longer installed" put eglib=4.1.0 egerl=4.1.0
holds "which is not reported" refused said preflight
mv /tmp/preflight /usr/bin/erlrc-apt-preflight
at 4.1.0
holds "no package is half done" nothing_pending
holds "no cookie in any log" no_cookie_in_logs
