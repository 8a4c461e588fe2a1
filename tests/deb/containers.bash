# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, with systemd-container. Tests that packages leave the nodes of other systems alone: those of the
# host when packages change in a container that shares its network, and the other way round. The container is a
# copy of the host, with the same entry, and with the same cookie or another one.

copy=/srv/container
# nspawn needs to see a hierarchy of control groups; it makes none of its own.
mount -t cgroup2 none /sys/fs/cgroup
holds "systemd-nspawn is installed" \
  apt-get install --yes --no-install-recommends systemd-container >>"$logs/packages.log" 2>&1

# make_container COOKIE: a new copy of the host, whose nodes have that cookie.
make_container() {
  mkdir -p $copy
  mount -t tmpfs tmpfs $copy
  mkdir $copy/{upper,work,root}
  mount -t overlay overlay -o lowerdir=/,upperdir=$copy/upper,workdir=$copy/work $copy/root
  printf '%s\n' "cookie = $1" 'user = egerld' >$copy/root/etc/erlrc.d/nodes/egerl
  chmod 0400 $copy/root/var/lib/egerl/.erlang.cookie
  echo -n "$1" >$copy/root/var/lib/egerl/.erlang.cookie
}
remove_container() {
  umount $copy/root
  umount $copy
}
# inside COMMAND...: runs it in the container.
inside() {
  systemd-nspawn --quiet --register=no --keep-unit --as-pid2 --link-journal=no --hostname="$(hostname)" \
    --directory=$copy/root --bind-ro=/srv/archive "$@"
}
# runs COOKIE: the version of egerl that runs in the only node.
runs() {
  as_service erl_call -timeout 60 -sname egerl -c "$1" -e \
    <<<'[V || {egerl, _, V} <- application:which_applications()].' | tr -s '\n ' ' '
}
skipped() { grep -c 'erlrc-hook: node egerl is skipped, as it belongs to another system' "$logs/command.log"; }
# unharmed COOKIE COMMAND...: the command of the package manager succeeds, and the node of the other system stays as it
# is, with one line about that.
unharmed() {
  local cookie=$1
  shift
  holds "it succeeds" packages "$@"
  holds "the node is skipped, with one line" equal "$(skipped)" 1
  holds "nothing else is reported" refused grep -E '^erlrc-(start|stop|upgrade|downgrade|apt)' "$logs/command.log"
  holds "the node still runs 4.0.1" equal "$(runs "$cookie")" '{ok, ["4.0.1"]}'
}
# both_ways COOKIE COMMAND...: COMMAND runs the rest of its arguments in the system that has no node.
both_ways() {
  local cookie=$1
  shift
  say "  dpkg upgrades, and removes:"
  unharmed "$cookie" "$@" dpkg -i /srv/archive/eglib_4.1.0_all.deb /srv/archive/egerl_4.1.0_all.deb
  unharmed "$cookie" "$@" dpkg --remove egerl
  holds "installed again" packages "$@" dpkg -i /srv/archive/eglib_4.0.1_all.deb /srv/archive/egerl_4.0.1_all.deb
  say "  apt upgrades, and removes:"
  unharmed "$cookie" "$@" apt-get install --yes egerl=4.1.0 eglib=4.1.0
  unharmed "$cookie" "$@" apt-get remove --yes egerl
}

install_programs
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
holds "the node of the host runs it" equal "$(runs "$cookie")" '{ok, ["4.0.1"]}'

say "Packages of a container, and a node of its host with the same cookie:"
make_container "$cookie"
both_ways "$cookie" inside
remove_container

say "The same with another cookie:"
make_container other
both_ways "$cookie" inside
remove_container

stop_nodes
say "Packages of the host, and a node of a container with the same cookie:"
make_container "$cookie"
inside setpriv --reuid=egerld --regid=egerld --init-groups env -i HOME=/var/lib/egerl PATH="$PATH" LANG=C.UTF-8 \
  erl -sname egerl -noshell -eval '{ok, _} = application:ensure_all_started(egerl).' >"$logs/container.log" 2>&1 </dev/null &
holds "it runs" eventually eval '[[ $(runs "$cookie") == *4.0.1* ]]'
both_ways "$cookie" env
stop_nodes
wait
holds "installed" packages dpkg -i /srv/archive/eglib_4.0.1_all.deb /srv/archive/egerl_4.0.1_all.deb
remove_container

say "The same with another cookie:"
make_container other
inside setpriv --reuid=egerld --regid=egerld --init-groups env -i HOME=/var/lib/egerl PATH="$PATH" LANG=C.UTF-8 \
  erl -sname egerl -noshell -eval '{ok, _} = application:ensure_all_started(egerl).' >"$logs/container.log" 2>&1 </dev/null &
holds "it runs" eventually eval '[[ $(runs other) == *4.0.1* ]]'
both_ways other env
stop_nodes
