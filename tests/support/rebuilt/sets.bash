# SPDX-License-Identifier: BSD-3-Clause
# Sourced: sets of Debian's packages that are rebuilt with dh_erlrc, each in the versions of two suites.

sets=(sample ejabberd others)

# choose_set SET: sets `suites` (the older one, the newer one), `chosen` (the packages, dependencies first), and
# `node_arguments` of the node that runs their applications.
choose_set() {
  node_arguments=()
  case "$1" in
    sample)
      suites=(bookworm bookworm-backports)
      chosen=(erlang-p1-utils)
      ;;
    ejabberd)
      suites=(bookworm bookworm-backports)
      chosen=(erlang-p1-{utils,xml,yaml,stringprep,cache-tab,eimp,mqtree,zlib,oauth2,tls,yconf,pkix,stun,xmpp}
              erlang-p1-{acme,sip,pgsql,mysql,sqlite3} erlang-jose erlang-luerl ejabberd)
      node_arguments=(-ejabberd config '"/etc/egerl/ejabberd.yml"' log_path '"/var/lib/egerl/ejabberd.log"'
                      -mnesia dir '"/var/lib/egerl/mnesia"')
      ;;
    others)
      suites=(bullseye bookworm)
      chosen=(erlang-base64url erlang-jiffy erlang-goldrush erlang-lager erlang-p1-yaml erlang-p1-pgsql erlang-yaws elixir)
      # Otherwise yaws expects a file with its configuration, and halts the node.
      node_arguments=(-yaws embedded true)
      ;;
    *) echo "no such set: $1; expected one of ${sets[*]}" >&2; return 1 ;;
  esac
}

# the_deb DIR PACKAGE: prints the file of the package there.
the_deb() { echo "$1/$2"_*.deb; }
