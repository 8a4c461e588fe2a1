# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests versions without hooks before and after ones with hooks, both versions in one
# directory, nodes whose Erlang installation was replaced, and hooks without the program that they call.
. "$here/../support/matrix/state.bash"
node=egerl

deb() { echo "/srv/archive/$3/$1_$2_all.deb"; }
said() { contains "$(<"$logs/command.log")" "$1"; }
silent() { refused grep -E 'erlrc|warning' "$logs/command.log"; }
# agreed_at STATES: checks that dpkg has the packages in these states, and that disk and node agree.
agreed_at() {
  survey ca
  say "   $table"
  holds "all have $1" equal "$states; $agreed" "$1; yes"
}
fails() { printf '%s' "$1" >/run/fault/ca.code_change; }
works() { rm -f /run/fault/*; }

install_programs
mkdir -p /run/fault
start_node $node 4040
register_node $node

say "A version without hooks, then one with them:"
holds "the old one is installed" quietly dpkg -i "$(deb ca 1.0 bare)"
holds "the administrator starts it" quietly erlrc-start ca 1.0
holds "the new one" quietly dpkg -i "$(deb ca 1.1 chain2)"
holds "is upgraded hot" said "erlrc-upgrade: Upgrading 'ca': (egerl) upgraded"
agreed_at '1.1 ii'

say "A version with hooks, then one without them:"
holds "the one without is installed" quietly dpkg -i "$(deb ca 1.2 bare)"
holds "the hook of the other one upgrades hot" said "erlrc-upgrade: Upgrading 'ca': (egerl) upgraded"
agreed_at '1.2 ii'

say "The node refuses when dpkg can no longer keep the old version:"
fails down
holds "the older one, with hooks" quietly dpkg -i "$(deb ca 1.1 chain2)"
holds "a restart is due" said "(egerl) restart_due"
works
survey ca
holds "the node keeps running 1.2: $table" equal "$states; $(node_says ca | cut -d'!' -f1)" '1.1 ii; ca=1.2'
holds "a backup of what it runs stays" test -e /var/lib/erlrc/backups/ca/ca/ca.app
holds "further upgrades are not blocked" quietly dpkg -i "$(deb ca 1.0 chain2)"
holds "and report the restart again" said "(egerl) restart_due"
holds "it can be removed" quietly dpkg --purge ca
holds "nothing is left behind" equal "$(leftovers)" ''
holds "and is stopped" equal "$(node_says ca | cut -d'!' -f1)" 'ca=-'
on_node $node '[code:del_path(D) || D <- code:get_path(), string:find(D, "/ca-") =/= nomatch].' >/dev/null

say "Both versions in one directory:"
holds "the old one" quietly dpkg -i "$(deb ca 1.0 flat)"
agreed_at '1.0 ii'
fails up
holds "refused" refused quietly dpkg -i "$(deb ca 1.1 flat)"
agreed_at '1.0 ii'
works
holds "upgraded" quietly dpkg -i "$(deb ca 1.1 flat)"
agreed_at '1.1 ii'
holds "downgraded" quietly dpkg -i "$(deb ca 1.0 flat)"
agreed_at '1.0 ii'
holds "purged" quietly dpkg --purge ca

say "The node does not answer when hooks come, and another version follows:"
holds "the old one" quietly dpkg -i "$(deb ca 1.0 flat)"
# As if it had no hooks.
rm /var/lib/dpkg/info/ca.{erlrc,prerm,postrm}
beam=$(pgrep -u egerld -x beam.smp)
kill -STOP "$beam"
holds "is left half done" refused quietly env ERLRC_TIMEOUT=3 dpkg -i "$(deb ca 1.1 flat)"
kill -CONT "$beam"
holds "the next one" quietly dpkg -i "$(deb ca 1.2 flat)"
agreed_at '1.2 ii'
holds "purged" quietly dpkg --purge ca

say "Two applications of one package in one directory, of which the second is refused:"
# pair: prints for each application the versions of the application, its code and its process, and whether its
# code is from the right path.
pair() {
  on_node $node "[{A, V, S:vsn(), gen_server:call(S, vsn), code:which(S) =:= \"$lib/cp/ebin/\" ++ atom_to_list(S) ++ \".beam\"}
                  || {A, S} <- [{ca, ca_srv}, {cb, cb_srv}], {B, _, V} <- application:which_applications(), A =:= B]."
}
pair_has() {
  holds "both have $1" equal "$(pair)" "[{ca, \"$1\", \"$1\", \"$1\", true}, {cb, \"$1\", \"$1\", \"$1\", true}]"
  holds "dpkg has $1" equal "$(dpkg_says cp)" "$1 ii"
  holds "nothing is left behind" equal "$(leftovers)" ''
}
holds "the old ones" quietly dpkg -i "$(deb cp 1.0 flat)"
pair_has 1.0
printf up >/run/fault/cb.code_change
holds "refused" refused quietly dpkg -i "$(deb cp 1.1 flat)"
holds "the first one was upgraded already" said "(egerl) upgraded"
pair_has 1.0
works
holds "upgraded" quietly dpkg -i "$(deb cp 1.1 flat)"
pair_has 1.1
printf down >/run/fault/ca.code_change
holds "the first is refused on the way down" refused quietly dpkg -i "$(deb cp 1.0 flat)"
pair_has 1.1
works
holds "purged" quietly dpkg --purge cp

say "The node's own Erlang is replaced on disk:"
holds "installed" quietly dpkg -i "$(deb ca 1.0 chain2)"
agreed_at '1.0 ii'
kernel=$(cd "$lib" && ls -d kernel-*)
mv "$lib/$kernel" "$lib/kernel-99.0"
holds "upgraded" quietly dpkg -i "$(deb ca 1.1 chain2)"
holds "a restart is due" said "(egerl) restart_due"
holds "the reason is reported" said "the Erlang that it runs was replaced: $lib/$kernel is gone"
holds "the node keeps running 1.0" equal "$(running $node ca)" '["1.0"]'
holds "nothing is left behind" equal "$(leftovers)" ''
mv "$lib/kernel-99.0" "$lib/$kernel"

say "The programs of erlrc are removed while the node runs:"
rm /usr/bin/erlrc-*
holds "upgraded" quietly dpkg -i "$(deb ca 1.2 chain2)"
holds "without a word" silent
holds "removed" quietly dpkg --remove ca
holds "without a word" silent
holds "installed" quietly dpkg -i "$(deb ca 1.0 chain2)"
holds "without a word" silent
holds "purged" quietly dpkg --purge ca
holds "no package is half done" nothing_pending
