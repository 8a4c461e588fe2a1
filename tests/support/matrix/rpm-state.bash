# SPDX-License-Identifier: BSD-3-Clause
# Functions that compare rpmdb, disk and node, and that type what a user would type where they differ. Sourced after
# rpm.bash by tests that set $node and the packages to look at, ${subjects[@]}.
. "$here/../support/matrix/state.bash"

# vsns_of PACKAGE: prints its installed versions, the last one that was installed last; nothing if it is not installed.
vsns_of() {
  rpm --query --queryformat '%{DBINSTANCE} %{VERSION}\n' "$1" 2>/dev/null | grep '^[0-9]* [0-9.]*$' | sort -n |
    cut -d' ' -f2 | paste -sd' ' || true
}

# is_unmet: whether rpm itself has installed one of them without what it needs.
is_unmet() {
  local package
  for package in "${subjects[@]}"; do
    [[ -z $(vsns_of "$package") ]] || rpm --verify --nofiles --noscripts "$package" >/dev/null 2>&1 || return 0
  done
  return 1
}

# survey: compares all subjects, and sets
#
#   table     `PACKAGE RPMDB/DISK/NODE` for each
#   doubled   the packages of which two versions are installed
#   twice     the packages of which one version is installed twice: rpm was killed while it installed it again
#   older     those of `doubled` that run an older one in the node
#   state     agreed, or both (two versions are installed, the node runs the newer one), stale (it runs the older one),
#             unmet (rpm has installed a package without what it needs; the node keeps versions that fit together),
#             gone (rpm was killed when it had removed the files of a package, which it still has in its database),
#             not ended (a record of the transaction is left), or what is wrong
survey() {
  local package said vsns disk runs newest wrong= gone=
  table= doubled= twice= older= state=agreed
  said=" $(node_says "${subjects[@]}") "
  [[ $said != *'TOO OLD'* ]] || wrong+=" ${said#*TOO OLD}"
  for package in "${subjects[@]}"; do
    vsns=$(vsns_of "$package") disk=$(disk_says "$package")
    runs=${said#* "$package"=}
    runs=${runs%% [a-zA-Z]*}
    runs=${runs% }
    newest=${vsns##* }
    if [[ $vsns == "$newest $newest" ]]; then twice+="${twice:+ }$package=$newest"; fi
    vsns=${vsns:--}
    table+="${table:+, }$package ${vsns// /+}/$disk/$(briefly "$runs")"
    if [[ $disk == - && -n $newest && $runs == - ]]; then
      gone=yes
      continue
    fi
    # rpm may have been killed when it had removed the files of the old version.
    [[ $disk == "$(tr ' ' '\n' <<<"$vsns" | sort -V -u | paste -sd+)" || ( $vsns == *' '* && $disk == "$newest" ) ]] ||
      wrong+=" $package: disk $disk;"
    [[ $vsns != *' '* || $vsns == "$newest $newest" ]] || doubled+="${doubled:+ }$package"
    if [[ $runs == "${newest:--}" ]]; then
      if [[ $vsns == *' '* && $state == agreed ]]; then state=both; fi
    elif [[ " $vsns " == *" $runs "* ]]; then
      older+="${older:+ }$package" state=stale
    elif is_unmet; then
      state=unmet
    else
      wrong+=" $package: node $runs;"
    fi
  done
  if [[ -n $gone ]]; then state=gone; fi
  if [[ -n $wrong ]]; then state=$wrong; fi
  if [[ -e /run/erlrc/rpm ]]; then state='not ended'; fi
}

# briefly PROBLEMS: shortens what node_says prints: the node has staged files or a backup in its code path.
briefly() { sed -E 's|!(path\|file) /var/lib/erlrc/staged[^!]*| staged|g; s|!(path\|file) /var/lib/erlrc/backups[^!]*| backup|g; s/!/ /g; s/( [a-z]+)\1+/\1/g' <<<"$1"; }

# without_faults: removes what makes scriptlets and nodes fail.
without_faults() { rm -f /run/fault/*; }

# erase WORD PACKAGE...: erases the old or the new ones of both versions that are installed.
erase() {
  local word=$1 package vsns all=()
  shift
  for package in "$@"; do
    vsns=$(vsns_of "$package")
    [[ $vsns == *' '* ]] || continue
    if [[ $word == old ]]; then all+=("$package-${vsns%% *}"); else all+=("$package-${vsns##* }"); fi
  done
  step="rpm -e ${all[*]}"
  quietly rpm --erase "${all[@]}"
}

# undo: what a report without a plugin names.
undo() {
  step='dnf history undo last'
  quietly dnf_command history undo --assumeyes last
}

# again PACKAGE=VSN...: installs what is not there of a transaction, or erases what is left of ${removed[@]}.
again() {
  local word rest=()
  for word in "$@"; do [[ " $(vsns_of "${word%%=*}") " == *" ${word#*=} "* ]] || rest+=("$word"); done
  for word in "${removed[@]}"; do [[ -z $(vsns_of "$word") ]] || rest+=("$word"); done
  if (( $# )); then
    step="install ${rest[*]}"
    quietly put "${rest[@]}"
  else
    step="rpm -e ${rest[*]}"
    quietly take_away "${rest[@]}"
  fi
}

# reinstall PACKAGE=VSN...: what is installed twice.
reinstall() {
  step="rpm -U --replacepkgs $*"
  # shellcheck disable=SC2046
  quietly rpm --upgrade --replacepkgs $(for word in "$@"; do echo "$logs/rpms/${word/=/-}.rpm"; done)
}

recover() {
  step='erlrc-hook rpm recover'
  quietly erlrc-hook rpm recover
}

# walk PACKAGE=VSN...: types what leads out of the state that `survey` has found after a transaction that was to install
# these, or to erase ${removed[@]}; `ended` is `no` if that was killed. Sets `walked` to the commands and the states after them.
walk() {
  local i step
  walked=
  for ((i = 0; i < 4; i++)); do
    if [[ -e /run/erlrc/rpm ]]; then recover || true
    elif [[ $state == unmet || $state == gone ]]; then again "$@" || true
    elif [[ $state == both && -n $twice ]]; then reinstall $twice || true
    elif [[ $state == both ]]; then erase old $doubled || true
    elif [[ $state == stale && $ended == yes && $means == dnf* && $i == 0 ]]; then undo || true
    elif [[ $state == stale ]]; then erase new $older || true
    else break
    fi
    survey
    walked+="; \`$step\`: $table, $state"
  done
  walked=${walked#; }
}
