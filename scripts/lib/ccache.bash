# SPDX-License-Identifier: BSD-3-Clause
# Sourced: sets `launcher` to the arguments by which cmake compiles through ccache, if that is installed. Who has a cache
# has it used; else it is one below build/, since nothing is written outside of the clone. The place is named, as a package
# is built with another home directory. Expects $top, the clone.

launcher=()
if type -P ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  CCACHE_DIR=$(ccache --get-config cache_dir)
  [[ -d $CCACHE_DIR ]] || CCACHE_DIR=$top/build/ccache
  export CCACHE_DIR
fi
