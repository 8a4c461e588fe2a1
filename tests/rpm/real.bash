# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Real packages of Debian as rpms, in the layout of Fedora (/usr/lib64/erlang/lib, a directory for each
# version): a library, an application with NIFs, and cowlib, in two versions each. A node that uses all of them without
# a pause is upgraded and downgraded.

rpms=$logs/real
# application APP VSN DEB: makes its rpm.
application() {
  rpmbuild -bb --nodeps --define "_topdir $logs/top" --define "_rpmdir $rpms" --define '_build_name_fmt %%{NAME}-%%{VERSION}.rpm' \
    --define '_libdir /usr/lib64' --define "app $1" --define "vsn $2" --define "_sourcedir $logs/debs" --define "deb $(cd "$logs/debs" && echo $3)" \
    "$here/real.spec" >>"$logs/build.log" 2>&1
}
files() { local word; for word in "$@"; do echo "$rpms/erlang-${word/=/-}.rpm"; done; }

# put_real APP=VSN...: installs, upgrades or downgrades.
put_real() {
  local command=upgrade
  [[ $step != install ]] || command=install
  [[ $step != downgrade ]] || command=downgrade
  # shellcheck disable=SC2046
  if [[ $means == rpm* ]]; then
    packages rpm --upgrade --oldpackage --nodeps $(files "$@")
  else
    packages dnf_command "$command" $(files "$@")
  fi
}

# The load: a process for each application, which uses it and counts; and a stream of the NIF library that is parsed
# piece by piece all the time.
start_load() {
  on_node egerl '
    Use = fun(Name, Fun) -> spawn(fun() -> register(Name, self()),
      Loop = fun(Self, Good, Bad) ->
        receive {count, From} -> From ! {Good, Bad}, Self(Self, Good, Bad)
        after 0 ->
          case catch Fun() of true -> Self(Self, Good + 1, Bad); Other -> Self(Self, Good, [Other | Bad]) end
        end end,
      Loop(Loop, 0, []) end) end,
    Use(uses_p1_utils, fun() -> timer:sleep(1), p1_queue:to_list(p1_queue:in(3, p1_queue:from_list([1, 2]))) =:= [1, 2, 3] end),
    Use(uses_fast_xml, fun() -> timer:sleep(1), X = <<"<a b=\"c\"><d>e</d></a>">>,
      iolist_to_binary(fxml:element_to_binary(fxml_stream:parse_element(X))) =:= iolist_to_binary(string:replace(X, "\"", [39], all)) end),
    Use(uses_cowlib, fun() -> timer:sleep(1), cow_qs:parse_qs(<<"a=b&c=d">>) =:= [{<<"a">>, <<"b">>}, {<<"c">>, <<"d">>}] end),
    spawn(fun() -> register(uses_stream, self()),
      Loop = fun(Self, Stream, Good, Bad) ->
        receive {count, From} -> From ! {Good, Bad}, Self(Self, Stream, Good, Bad)
        after 1 ->
          New = fxml_stream:parse(Stream, <<"<x>1</x>">>),
          receive {'"'"'$gen_event'"'"', {xmlstreamelement, _}} -> Self(Self, New, Good + 1, Bad)
          after 5000 -> Self(Self, New, Good, [lost | Bad]) end
        end end,
      Loop(Loop, fxml_stream:parse(fxml_stream:new(self()), <<"<stream>">>), 0, []) end).' >>"$logs/packages.log"
}
# counts: prints for each user of an application how often it worked, and what else happened.
counts() {
  on_node egerl '[begin Name ! {count, self()}, receive {Good, Bad} -> {Name, Good, Bad} after 60000 -> {Name, silent} end end
    || Name <- [uses_p1_utils, uses_fast_xml, uses_cowlib, uses_stream], whereis(Name) =/= undefined].'
}
# all_work: whether each of them has worked since the last call, and nothing failed.
all_work() {
  local count name good before=$counted
  counted=$(counts | tr -d ' ')
  for name in uses_p1_utils uses_fast_xml uses_cowlib uses_stream; do
    good=$(sed -n "s/.*{$name,\([0-9]*\),\[\]}.*/\1/p" <<<"$counted")
    (( ${good:-0} > $(sed -n "s/.*{$name,\([0-9]*\),.*/\1/p" <<<"$before{$name,0,") )) || return 1
  done
}

# serves P1_UTILS FAST_XML COWLIB: checks that rpmdb, disk and node agree, and that nothing has failed.
serves() {
  holds "rpmdb" equal "$(rpm --query erlang-p1_utils erlang-fast_xml erlang-cowlib --queryformat '%{VERSION} ')" "$1 $2 $3 "
  holds "disk: only these" equal "$(cd /usr/lib64/erlang/lib && echo *)" "cowlib-$3 fast_xml-$2 p1_utils-$1"
  holds "node" equal "$(running egerl p1_utils)$(running egerl fast_xml)$(running egerl cowlib)" "[\"$1\"][\"$2\"][\"$3\"]"
  holds "the node has the code on disk" same_code
  holds "the name by which the node has loaded a library is valid" valid_name "fast_xml-$2"
  holds "everything is used, and nothing fails" eventually all_work
  say "   $counted"
}
# A library that was loaded before rpm has unpacked it is the same as the one on disk.
same_code() {
  erlrc-node compare egerl >"$logs/compare" 2>&1 || true
  equal "$(grep -v ' differs: \| in sync' "$logs/compare")" ''
}
# valid_name DIRECTORY: whether the libraries of that version that are in use are there, by the names by which the node
# has loaded them.
valid_name() {
  local name beam
  beam=$(pgrep -u egerld -x beam.smp)
  for name in $(sed -nE "s|.* (/.*/$1/priv/.*[.]so).*|\1|p" "/proc/$beam/maps" | sort -u); do [[ -e $name ]] || return 1; done
  [[ -n ${name-} ]]
}
# stop_load: an application that is removed has no users.
stop_load() {
  on_node egerl '[exit(whereis(Name), kill) || Name <- [uses_p1_utils, uses_fast_xml, uses_cowlib, uses_stream]].' >>"$logs/packages.log"
}

install_programs
cp -r "$logs"/rpm-stage/usr/lib/rpm/. /usr/lib/rpm
rm -rf /usr/lib64/erlang
say "Built:"
holds "p1_utils" application p1_utils 1.0.25 'erlang-p1-utils_1.0.25*.deb'
holds "p1_utils" application p1_utils 1.0.26 'erlang-p1-utils_1.0.26*.deb'
holds "fast_xml, with NIFs" application fast_xml 1.1.49 'erlang-p1-xml_1.1.49*.deb'
holds "fast_xml" application fast_xml 1.1.55 'erlang-p1-xml_1.1.55*.deb'
holds "cowlib" application cowlib 1.3.0 'erlang-cowlib*.deb'
holds "cowlib, of RabbitMQ" application cowlib 2.9.1 'rabbitmq-server*.deb'
holds "relations from the .app files" contains "$(rpm --query --requires --package "$(files fast_xml=1.1.55)" | paste -sd' ')" 'erlang-app(p1_utils)'
start_node egerl 4040
register_node egerl
old=(p1_utils=1.0.25 fast_xml=1.1.49 cowlib=1.3.0)
new=(p1_utils=1.0.26 fast_xml=1.1.55 cowlib=2.9.1)

say "Installed, and used from now on:"
step=install
holds "installed" put_real "${old[@]}"
counted=
start_load
serves 1.0.25 1.1.49 1.3.0
step=upgrade
say "All upgraded in one transaction:"
holds "upgraded" put_real "${new[@]}"
serves 1.0.26 1.1.55 2.9.1
say "All downgraded in one transaction:"
step=downgrade
holds "downgraded" put_real "${old[@]}"
serves 1.0.25 1.1.49 1.3.0
say "One after the other:"
step=upgrade
holds "upgraded" put_real "${new[1]}"
serves 1.0.25 1.1.55 1.3.0
holds "upgraded" put_real "${new[0]}"
serves 1.0.26 1.1.55 1.3.0
holds "upgraded" put_real "${new[2]}"
serves 1.0.26 1.1.55 2.9.1
say "Removed:"
stop_load
holds "removed" take_away erlang-fast_xml erlang-p1_utils erlang-cowlib
holds "node: none is loaded" equal "$(on_node egerl '[A || {A, _, _} <- application:loaded_applications(), lists:member(A, [p1_utils, fast_xml, cowlib])].')" '[]'
