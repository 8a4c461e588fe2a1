# SPDX-License-Identifier: BSD-3-Clause
# The functions of deb.bash that are about package commands, with rpm or dnf: $means is rpm, dnf or dnf5, with our
# plugin, or rpm-alone, dnf-alone or dnf5-alone, without one. Sourced after deb.bash. The packages are in $logs/rpms.

# install_programs: as in deb.bash, with the plugin of the package manager, and a package that provides the
# shell, which scriptlets need.
eval "$(declare -f install_programs | sed '1s/install_programs/install_common/')"
install_programs() {
  install_common
  if [[ $means == rpm ]]; then
    local plugin
    plugin=$(find "$logs/rpm-stage" -name erlrc.so)
    if [[ -n ${release-} ]]; then  # it has another librpm
      plugin=/tmp/erlrc.so
      g++ -std=c++20 -shared -fPIC -o "$plugin" "$here/../../hooks/rpm/erlrc_plugin.cpp" -lrpm -lrpmio
    fi
    # Debian's rpm does not look where its own plugins are.
    install -D -t "$(rpm --eval '%{__plugindir}')" "$plugin"
    install -m 0644 -t /usr/lib/rpm/macros.d "$logs"/rpm-stage/usr/lib/rpm/macros.d/*
  elif [[ $means == dnf ]]; then
    install -D -m 0644 -t /usr/lib/python3/dist-packages/dnf-plugins \
      "$logs"/rpm-stage/usr/lib/python3/dist-packages/dnf-plugins/erlrc.py
  elif [[ $means == dnf5 ]]; then
    g++ -std=c++20 -shared -fPIC -o /tmp/erlrc.so "$here/../../hooks/dnf5/erlrc_libdnf5.cpp" -ldnf5
    install -t "$(dnf5 --dump-main-config | sed -n 's/^pluginpath = //p')" /tmp/erlrc.so
    install -D -m 0644 -t /etc/dnf/libdnf5-plugins "$here/../../hooks/dnf5/erlrc.conf"
  fi
  rpm --upgrade "$logs/rpms/shell-1.rpm"
}

version_of() { rpm --query --queryformat '%{VERSION} install ok installed\n' "$1" 2>/dev/null | grep -v ' is not ' || true; }
# Links to installed directories may stay of staged files.
nothing_pending() {
  [[ ! -e /run/erlrc/rpm && -z $(ls /var/lib/erlrc/backups 2>/dev/null) &&
    -z $(find /var/lib/erlrc/staged -type f 2>/dev/null) ]]
}

packages() {
  local status=0 began ended
  say "   # ${*//"$logs/rpms/"/}"
  began=$(date +%s%3N)
  "$@" >"$logs/command.log" 2>&1 || status=$?
  ended=$(date +%s%3N)
  { echo "# $*"; cat "$logs/command.log"; echo "# exit status $status"; } >>"$logs/packages.log"
  tr '\r' '\n' <"$logs/command.log" |
    grep -E 'erlrc|^(error|warning|Error)|scriptlet|^(Installed|Upgraded|Downgraded|Removed):' | sed 's/^/   | /' || true
  say "   (exit status $status, $((ended - began)) ms)"
  return "$status"
}

# way_out PACKAGE=VSN...: removes these new versions again, next to which the old ones stay.
way_out() {
  if [[ $means == rpm-alone ]]; then
    packages rpm --erase "${@/=/-}"
  else
    packages dnf_command history undo --assumeyes last
  fi
}

# dnf 5 fails if there is no repository to disable.
dnf_command() {
  local none=(--disablerepo='*')
  [[ $means != dnf5* ]] || none=()
  "${means%-alone}" --assumeyes "${none[@]}" --setopt=keepcache=1 "$@"
}

put() {
  local word files=() command=install now
  for word in "$@"; do
    files+=("$logs/rpms/${word/=/-}.rpm")
    now=$(version_of "${word%%=*}")
    [[ -z $now || $(printf '%s\n' "${now%% *}" "${word#*=}" | sort -V | tail -n 1) == "${word#*=}" ]] || command=downgrade
  done
  if [[ $means == rpm* ]]; then
    packages rpm --upgrade --oldpackage "${files[@]}"
  else
    packages dnf_command "$command" "${files[@]}"
  fi
}
take_away() {
  if [[ $means == rpm* ]]; then packages rpm --erase "$@"; else packages dnf_command remove "$@"; fi
}
no_cookie_in_logs() { refused grep -rqF "$cookie" "$logs" /var/log; }
