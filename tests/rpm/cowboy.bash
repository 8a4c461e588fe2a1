# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. cowboy, with cowlib and ranch, of Debian's releases, as rpms: a node that answers HTTP without a pause,
# over connections that stay and over new ones, is upgraded and downgraded. Either no request is lost, or all is as before.
#
#   cowboy [FROM TO WORD]     names of versions_of; default: all pairs that the OTP of this release can load.
#                             WORD: `goes` or `refused`
rpms=$logs/real
apps=(ranch cowlib cowboy)

# versions_of NAME: prints the versions of ranch, cowlib and cowboy there.
versions_of() {
  case "$1" in
    bullseye) echo 1.7.1 2.7.0 2.6.1 ;;
    bookworm) echo 2.1.0 2.9.1 2.8.0 ;;
    trixie) echo 2.1.0 2.13.0 2.12.0 ;;
    rabbitmq-of-sid) echo 2.3.0 2.20.0 2.19.0 ;;
    sid) echo 2.3.0 2.21.0 2.20.0 ;;
  esac
}
# deb_of NAME APP: prints the package that has it.
deb_of() {
  case "$1" in
    sid) echo "$logs"/debs/sid/erlang-"$2"_*.deb ;;
    *) echo "$logs/debs/${1#rabbitmq-of-}"/rabbitmq-server_*.deb ;;
  esac
}
file_of() { echo "$rpms/erlang-$1-$2.rpm"; }
# build NAME: makes its rpms.
build() {
  local app i=0 versions
  read -r -a versions <<<"$(versions_of "$1")"
  for app in "${apps[@]}"; do
    [[ -e $(file_of "$app" "${versions[i]}") ]] ||
      rpmbuild -bb --nodeps --define "_topdir $logs/top" --define "_rpmdir $rpms" --define '_build_name_fmt %%{NAME}-%%{VERSION}.rpm' \
        --define '_libdir /usr/lib64' --define "app $app" --define "vsn ${versions[i]}" --define "_sourcedir $(dirname "$(deb_of "$1" "$app")")" \
        --define "deb $(basename "$(deb_of "$1" "$app")")" "$here/real.spec" >>"$logs/build.log" 2>&1 || return
    i=$((i + 1))
  done
}

# put_all COMMAND NAME: installs, upgrades or downgrades all that differs.
put_all() {
  local app files=() i=0 versions
  read -r -a versions <<<"$(versions_of "$2")"
  for app in "${apps[@]}"; do
    [[ $(rpm --query --queryformat '%{VERSION}' "erlang-$app" 2>/dev/null) == "${versions[i]}" ]] || files+=("$(file_of "$app" "${versions[i]}")")
    i=$((i + 1))
  done
  if [[ $means == rpm* ]]; then
    packages rpm --upgrade --oldpackage --nodeps "${files[@]}"
  else
    packages dnf_command "$1" "${files[@]}"
  fi
}

# load CALL: asks the load.
load() { on_node egerl "real_load:$1." >>"$logs/load.log"; }
# count: sets what the load has counted since its mark.
count() {
  counted=$(on_node egerl 'maps:map(fun(_, [B | _] = L) when is_binary(B) -> [binary_to_list(T) || T <- L]; (_, V) -> V end,
    real_load:result()).')
}

# serves NAME: checks that rpmdb, disk and node agree, and that no request was lost.
serves() {
  local ranch cowlib cowboy
  read -r ranch cowlib cowboy <<<"$(versions_of "$1")"
  holds "rpmdb" equal "$(rpm --query erlang-ranch erlang-cowlib erlang-cowboy --queryformat '%{VERSION} ')" "$ranch $cowlib $cowboy "
  holds "disk: only these" equal "$(cd /usr/lib64/erlang/lib && echo *)" "cowboy-$cowboy cowlib-$cowlib ranch-$ranch"
  holds "node" equal "$(on_node egerl '[V || App <- [ranch, cowlib, cowboy], {A, _, V} <- application:which_applications(), A =:= App].')" \
    "[\"$ranch\", \"$cowlib\", \"$cowboy\"]"
  count
  say "   $counted"
  holds "no request has failed, and no process was killed" eval '[[ $counted == *"failed => 0"* && $counted == *"killed => []"* ]]'
  holds "nothing is left of the transaction" nothing_pending
}

# pair FROM TO goes|refused
pair() {
  say "$1 ($(versions_of "$1")) -> $2 ($(versions_of "$2")): ranch, cowlib, cowboy"
  holds "built" build "$1"
  holds "built" build "$2"
  start_node egerl 4040 -pa "$logs/load"
  holds "installed" put_all install "$1"
  load 'start(cowboy, 5)'
  load 'mark()'
  if [[ $3 == goes ]]; then
    holds "upgraded" put_all upgrade "$2"
    serves "$2"
    load 'mark()'
    holds "downgraded" put_all downgrade "$1"
  else
    holds "refused" refused put_all upgrade "$2"
  fi
  serves "$1"
  load 'stop()'
  load 'release()'
  holds "removed" take_away erlang-cowboy erlang-cowlib erlang-ranch
  stop_nodes
}

install_programs
cp -r "$logs"/rpm-stage/usr/lib/rpm/. /usr/lib/rpm
rm -rf /usr/lib64/erlang
register_node egerl
if (( $# )); then
  pair "$@"
else
  case "$release" in
    '') pair bullseye bookworm refused ;;
    trixie) pair bookworm trixie goes ;;
    sid)
      pair rabbitmq-of-sid sid goes
      pair trixie rabbitmq-of-sid refused
      ;;
  esac
fi
