# SPDX-License-Identifier: BSD-3-Clause
# The packages of each shape and their dependencies.

# packages_of SHAPE: prints them, dependencies first.
packages_of() {
  case "$1" in
    chain2) echo ca cb ;;
    chain3) echo da db dc ;;
    chain4) echo ea eb ec ed ;;
    diamond) echo fa fb fc fd ;;
    chain2-breaks) echo ga gb ;;
    chain3-breaks) echo ha hb hc ;;
    chain4-breaks) echo ia ib ic id ;;
    diamond-breaks) echo ja jb jc jd ;;
    turns) echo ka la kb lb ;;
  esac
}

# needs_of SHAPE PACKAGE: prints its dependencies, separated by commas.
needs_of() {
  local l=${2%?}
  case "$1/${2#?}" in
    diamond*/b|diamond*/c) echo "${l}a" ;;
    diamond*/d) echo "${l}b,${l}c" ;;
    chain*/b|turns/b) echo "${l}a" ;;
    chain*/c) echo "${l}b" ;;
    chain*/d) echo "${l}c" ;;
  esac
}

users_of() {
  local package
  for package in $(packages_of "$1"); do
    [[ ,$(needs_of "$1" "$package"), != *,$2,* ]] || echo "$package"
  done
}
