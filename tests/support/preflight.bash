# SPDX-License-Identifier: BSD-3-Clause
# Sourced after deb.bash: checks of the table that a package manager shows before it begins.

said() { contains "$(<"$logs/command.log")" "$1"; }
# shown: prints the rows of the table, in which several blanks, and an indented new line, count as one blank.
shown() { sed -z 's/\n      */ /g' "$logs/command.log" | sed -n 's/^  \(eg[a-z]* .*[0-9].*\)/\1/p' | tr -s ' ' | sed 's/ $//'; }
# table LINE...: checks the rows.
table() { equal "$(shown)" "$(printf '%s\n' "$@")"; }
# sorted_table LINE...: checks them, in any order.
sorted_table() { equal "$(shown | sort)" "$(printf '%s\n' "$@")"; }
