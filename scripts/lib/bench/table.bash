# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/bench: the table of results. Expects what that has set up.

# Its columns: what, value, reference, its value, ratio, limit, reached; all values in milliseconds

failed=0
rows=()
row() { rows+=("$(IFS=$'\t'; printf %s "$*")"); }
ms() { awk -v us="$1" 'BEGIN { printf "%.2f", us / 1000 }'; }

# compare WHAT US REFERENCE US LIMIT: LIMIT is xN (not more than N times the reference), +N (not more than N
# ms above it), <N (less than N ms), or nothing.
compare() {
  local ratio reached
  ratio=$(awk -v a="$2" -v b="${4:-0}" 'BEGIN { if (b > 0) printf "%.2f", a / b }')
  reached=$(awk -v a="$2" -v b="${4:-0}" -v l="$5" 'BEGIN {
    n = substr(l, 2) + 0
    if (l == "") exit
    k = substr(l, 1, 1)
    ok = k == "x" ? a <= n * b : k == "+" ? a <= b + n * 1000 : a < n * 1000
    print ok ? "yes" : "NO" }')
  [[ $reached != NO ]] || failed=1
  row "$1" "$(ms "$2")" "$3" "${4:+$(ms "$4")}" "$ratio" "$(limit "$5")" "$reached"
}

limit() {
  case "$1" in
    x*) printf 'ratio <= %s' "${1#x}" ;;
    +*) printf '<= %s ms above' "${1#+}" ;;
    '<'*) printf '< %s ms' "${1#<}" ;;
  esac
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 2) / 2)] }'; }

print_table() {
  printf '%s\n' "what"$'\t'"median ms"$'\t'"reference"$'\t'"median ms"$'\t'"ratio"$'\t'"limit"$'\t'"reached" "${rows[@]}" |
    awk -F '\t' '{ for (i = 1; i <= 7; i++) { c[NR, i] = $i; if (length($i) > w[i]) w[i] = length($i) } }
      END { for (r = 1; r <= NR; r++) { line = ""
              for (i = 1; i <= 7; i++)
                line = line sprintf((i == 2 || i == 4 || i == 5 ? "%" : "%-") w[i] "s  ", c[r, i])
              sub(/ +$/, "", line); print line
              if (r == 1) { gsub(/./, "-", line); print line } } }'
}
