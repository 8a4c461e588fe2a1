# SPDX-License-Identifier: BSD-3-Clause
package Erlrc::Nodes;

# The registered nodes that run on this host, and those of them that are stale: they run code that is not on
# disk any more. Each node is asked once, by erlrc-eval, and has twenty seconds: it may be busy, or its
# machine with the upgrade.

use strict;
use warnings;

my $eval = '/usr/bin/erlrc-eval';
my $registry = ($ENV{ERLRC_ROOT} || '/etc/erlrc.d') . '/nodes';

# A node answers with its process, whether its own emulator is still installed, and the loaded modules whose
# code on disk differs or is missing. An unchanged module is not loaded again by an upgrade and keeps the name
# of a file that no longer exists, so for modules whose file differs the code path is searched.
my $question = <<'END';
{os:getpid(),
 filelib:is_dir(filename:join(code:root_dir(), "erts-" ++ erlang:system_info(version))),
 [M || {M, _} <- code:all_loaded(), lists:member(code:module_status(M), [modified, removed]),
       case code:where_is_file(atom_to_list(M) ++ ".beam") of
           non_existing -> true;
           File -> {ok, {M, M:module_info(md5)}} =/= beam_lib:md5(File)
       end]}.
END

my $nodes;

# {PID => {name => .., emulator_gone => .., modules => [..]}}
sub all {
  return $nodes if $nodes;
  $nodes = {};
  return $nodes unless -x $eval;
  foreach my $name (registered()) {
    my $answer = ask($name);
    next unless $answer =~ /^\{"(\d+)",(true|false),\[([^\]]*)\]\}/;
    my ($pid, $emulator, $modules) = ($1, $2, $3);
    $nodes->{$pid} = {
      name => $name, emulator_gone => $emulator eq 'false',
      modules => [sort map { /([\w.@']+)/ ? $1 : () } split /,/, $modules],
    };
  }
  return $nodes;
}

sub registered {
  opendir(my $dir, $registry) or return ();
  # The same rules as in erlrc: ignore files that editors and package managers leave next to others.
  return grep { !/^\.|~$|\.dpkg-|\.rpm(?:new|save|orig)$/ && -f "$registry/$_" } sort readdir $dir;
}

# The answer without white space; empty if the node did not answer.
sub ask {
  my ($name) = @_;
  my $pid = open(my $answer, '-|') // return '';
  if (!$pid) {
    open(STDERR, '>', '/dev/null');
    exec($eval, '--timeout', '20', $name, $question) or exit 1;
  }
  my $text = join '', <$answer>;
  close($answer) or return '';
  $text =~ s/\s+//g;
  return $text;
}

sub is_stale {
  my ($node) = @_;
  return $node->{emulator_gone} || @{$node->{modules}} > 0;
}

# A line for the administrator, for each node that needs a restart.
sub complaints {
  my $nodes = all();
  return map { describe($_) } sort { $a->{name} cmp $b->{name} } grep { is_stale($_) } values %$nodes;
}

sub describe {
  my ($node) = @_;
  my @modules = @{$node->{modules}};
  my @some = @modules > 4 ? (@modules[0 .. 3], '..') : @modules;
  my @why = (
    $node->{emulator_gone} ? 'its Erlang is no longer installed' : (),
    @modules ? 'code of ' . @modules . (@modules == 1 ? ' module' : ' modules') . " differs from the code on disk: @some" : (),
  );
  return "erlrc: node $node->{name} needs a restart: " . join('; ', @why);
}

# The processes named like registered nodes: a node that is too busy to answer must not be restarted either.
sub named_processes {
  my %alive = map { (split /@/)[0] => 1 } registered();
  my @pids;
  foreach my $file (glob '/proc/[0-9]*/cmdline') {
    open(my $cmdline, '<', $file) or next;
    my @words = split /\0/, join('', <$cmdline>);
    next unless @words && $words[0] =~ m{/beam(?:\.\w+)?$};
    foreach my $i (1 .. $#words - 1) {
      next unless $words[$i] =~ /^-s?name$/ && $alive{(split /@/, $words[$i + 1])[0] // ''};
      push @pids, $file =~ /(\d+)/;
      last;
    }
  }
  return @pids;
}

# The systemd services in which nodes run.
sub units {
  my %units;
  return () unless -x $eval;
  foreach my $pid (keys %{all()}, named_processes()) {
    open(my $groups, '<', "/proc/$pid/cgroup") or next;
    m{/([^/]+\.service)$} && $units{$1}++ while <$groups>;
  }
  my @sorted = sort keys %units;
  return @sorted;
}

1;
