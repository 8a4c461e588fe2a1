# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/bench: what the hooks cost in apt and rpm. Expects what that has set up.

# The input of APT for its hook with that many packages; each has an application of 12 modules, 4 of which
# change.
make_transaction() {  # PACKAGES
  local i app archives=$work/archives tree=$work/tree
  mkdir -p "$archives" "$work/dpkg/info"
  printf 'VERSION 3\nDir=/\nDir::State::status=%s\n\n' "$work/dpkg/status" >"$work/transaction"
  for (( i = 1; i <= $1; i++ )); do
    app=benchp$i
    "$top/tests/support/make-app" "$work" "$app" 10 4 2
    "$top/tests/support/make-deb" "$app" 2.0.0 "$work/$app-2.0.0/ebin" "$archives"
    # Compressed like packages of Debian.
    dpkg-deb --raw-extract "$archives/${app}_2.0.0_all.deb" "$tree"
    dpkg-deb --root-owner-group -Zxz --build "$tree" "$archives" >/dev/null
    rm -r "$tree" "$work/$app-2.0.0"
    echo "$app 1.0.0 $work/$app-1.0.0/ebin" >"$work/dpkg/info/$app.erlrc"
    echo "$app 1.0.0 all none < 2.0.0 all none $archives/${app}_2.0.0_all.deb" >>"$work/transaction"
    ask_ok "{fresh, $app, $(ebin "$app" 1.0.0)}"
  done
}

measure_preflight() {  # PACKAGES
  local ours floor none
  progress "erlrc-apt-preflight of $1 packages"
  make_transaction "$1"
  mkdir -p "$work/none/nodes"
  cp "$work/one/nodes/bench1" "$work/none/nodes/absent"
  if [[ $(ERLRC_ROOT=$work/one "$preflight" <"$work/transaction" | grep -c ' hot ') != "$1" ]]; then
    progress "the preflight does not find $1 hot upgrades"
    return 1
  fi
  {
    read -r ours _
    read -r none _
    read -r floor _
  } < <("$race" "$crowd_rounds" -- "ERLRC_ROOT=$work/one" sh -c "$preflight <$work/transaction" \
        -- "ERLRC_ROOT=$work/none" sh -c "$preflight <$work/transaction" \
        -- sh -c "for a in $work/archives/*; do dpkg-deb --contents \$a; done")
  compare "erlrc-apt-preflight, $1 packages" "$ours" 'dpkg-deb --contents of each' "$floor" '<100'
  compare "erlrc-apt-preflight, no node runs" "$none" '' '' '<20'
}

measure_apt() {  # ROUNDS
  local install install_plain upgraded upgraded_plain
  progress "apt-get with and without hooks"
  "$top/tests/support/demo/stage" "$build" "$work/apt"
  read -r install install_plain upgraded upgraded_plain < <(
    "$top/scripts/throw-away" --archive "$work/apt/archive" --share "$work/apt" \
      "$top/tests/support/bench/apt-rounds" "$work/apt" "$1")
  compare 'apt-get install, one node' "$install" 'the same without hooks' "$install_plain" +30
  compare 'apt-get install of an upgrade, one node' "$upgraded" 'the same without hooks' "$upgraded_plain" ''
}

measure_rpm() {  # ROUNDS PACKAGES
  local plugin scriptlets plain hook headers
  progress "rpm with and without hooks"
  "$top/tests/support/demo/stage" "$build" "$work/rpm"
  "$top/tests/support/demo/stage-rpms" "$build" "$work/rpm"
  read -r plugin scriptlets plain hook headers < <(
    "$top/scripts/throw-away" --share "$work/rpm" "$top/tests/support/bench/rpm-rounds" "$work/rpm" "$1" "$2")
  compare 'rpm --upgrade of a new package, one node, our plugin' "$plugin" 'the same without hooks' "$plain" +30
  compare 'rpm --upgrade of a new package, one node, scriptlets' "$scriptlets" 'the same without hooks' "$plain" +30
  compare "erlrc-hook rpm begin, $2 packages that no node runs" "$hook" 'rpm --query of their headers' "$headers" '<100'
}
