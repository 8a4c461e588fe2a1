# SPDX-License-Identifier: BSD-3-Clause
# Sourced: sets `launcher` to the cmake arguments that compile through ccache, if it is installed. Uses the
# cache of $CCACHE_DIR or the home directory if there is one, else one in build/, since nothing is written
# outside of the clone. The directory is set explicitly because a package is built with another home
# directory. Expects $top, the clone.

launcher=()
if type -P ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  CCACHE_DIR=$(ccache --get-config cache_dir)
  [[ -d $CCACHE_DIR ]] || CCACHE_DIR=$top/build/ccache
  # A clone in another directory is served, too.
  export CCACHE_DIR CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1
  # Precompiled headers are compared by the .sum files of CMakeLists.txt. debhelper compiles with another locale.
  export CCACHE_SLOPPINESS=pch_defines,time_macros,locale CCACHE_PCH_EXTSUM=1
fi
