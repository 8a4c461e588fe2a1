# SPDX-License-Identifier: BSD-3-Clause
package Erlrc::Nodes;

# The registered nodes that run on this host, and those of them that are stale: they run code that is not on
# disk any more. All nodes are asked at the same time, by erlrc-eval. needrestart runs at the end of each run of APT,
# and a node that hangs must not delay it: one that does not answer the simplest question in two seconds is named,
# and not asked anything else. The others have twenty seconds, since their machine may be busy.

use strict;
use warnings;

our $eval = '/usr/bin/erlrc-eval';
my $registry = ($ENV{ERLRC_ROOT} || '/etc/erlrc.d') . '/nodes';

# A node answers with its process, whether its own emulator is still installed, and the loaded modules whose
# code on disk differs or is missing. An unchanged module is not loaded again by an upgrade and keeps the name
# of a file that no longer exists, so for modules whose file differs the code path is searched.
my $seconds = 2;
my $patience = 20;
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

# {PID => {name => .., emulator_gone => .., modules => [..], silent => ..}}. What a node answers only decides whether
# it is stale: a node that reports the process of another service must not keep that from being restarted.
sub all {
  return $nodes if $nodes;
  $nodes = {};
  return $nodes unless -x $eval;
  my $processes = named_processes();
  my %gone = map { $_ => 1 } grep { emulator_gone($_) } keys %$processes;
  my %awake = ask('node()', $seconds, registered());
  my %answers = ask($question, $patience, keys %awake);
  foreach my $name (sort keys %answers) {
    next unless $answers{$name} =~ /^\{"(\d+)",(true|false),\[([^\]]*)\]\}/;
    my ($pid, $emulator, $modules) = ($1, $2, $3);
    next unless grep { $_ eq $name } @{$processes->{$pid} // []};
    $nodes->{$pid} = {
      name => $name, emulator_gone => $emulator eq 'false' || $gone{$pid},
      modules => [sort map { /([\w.@']+)/ ? $1 : () } split /,/, $modules],
    };
  }
  foreach my $pid (grep { !$nodes->{$_} } keys %$processes) {
    my $name = $processes->{$pid}[0];
    $nodes->{$pid} = {name => $name, emulator_gone => $gone{$pid}, modules => [], silent => !$gone{$pid}};
  }
  return $nodes;
}

# For tests: asks anew.
sub forget { undef $nodes }

# Whether the file of the emulator was replaced or removed while it runs. This needs no answer: an upgrade of Erlang
# also ends epmd.
sub emulator_gone {
  my ($pid) = @_;
  return (readlink("/proc/$pid/exe") // '') =~ / \(deleted\)$/ ? 1 : 0;
}

sub registered {
  opendir(my $dir, $registry) or return ();
  # The same rules as in erlrc: ignore files that editors and package managers leave next to others.
  return grep { !/^\.|~$|\.dpkg-|\.rpm(?:new|save|orig)$/ && -f "$registry/$_" } sort readdir $dir;
}

# {NAME => ANSWER}, of the nodes that answer in that time; without white space.
sub ask {
  my ($expression, $limit, @names) = @_;
  my (%pipes, %answers);
  foreach my $name (@names) {
    my $pid = open($pipes{$name}, '-|') // next;
    next if $pid;
    open(STDERR, '>', '/dev/null');
    exec($eval, '--timeout', $limit, $name, $expression) or exit 1;
  }
  foreach my $name (keys %pipes) {
    my $pipe = $pipes{$name} // next;
    my $text = join '', <$pipe>;
    close($pipe) or next;
    $answers{$name} = $text =~ s/\s+//gr;
  }
  return %answers;
}

sub is_stale {
  my ($node) = @_;
  return $node->{emulator_gone} || @{$node->{modules}} > 0;
}

# A line for the administrator, for each node that needs a restart, or that does not answer.
sub complaints {
  my $nodes = all();
  return map { describe($_) } sort { $a->{name} cmp $b->{name} } grep { is_stale($_) || $_->{silent} } values %$nodes;
}

sub describe {
  my ($node) = @_;
  return "erlrc: node $node->{name} does not answer in $seconds seconds: it may need a restart" if $node->{silent};
  my @modules = @{$node->{modules}};
  my @some = @modules > 4 ? (@modules[0 .. 3], '..') : @modules;
  my @why = (
    $node->{emulator_gone} ? 'its Erlang is no longer installed' : (),
    @modules ? 'code of ' . @modules . (@modules == 1 ? ' module' : ' modules') . " differs from the code on disk: @some" : (),
  );
  return "erlrc: node $node->{name} needs a restart: " . join('; ', @why);
}

# The emulators named like registered nodes, and whose they are: {PID => [NAME]}. A node that is too busy to
# answer must not be restarted either.
sub named_processes {
  my %names;
  push @{$names{(split /@/)[0]}}, $_ foreach registered();
  my %found;
  foreach my $process (glob '/proc/[0-9]*') {
    my $names = $names{alive_name($process) // ''} // next;
    my $user = real_user($process) // next;
    my @may = grep { users($_)->{$user} } @$names;
    my ($pid) = $process =~ /(\d+)$/;
    $found{$pid} = \@may if @may;
  }
  return \%found;
}

# The name that the emulator has been given, without its host; undef if the process is not an emulator.
sub alive_name {
  my ($process) = @_;
  my $program = readlink("$process/exe") // return;
  return unless $program =~ m{/beam(?:\.\w+)?(?: \(deleted\))?$};
  open(my $cmdline, '<', "$process/cmdline") or return;
  my @words = split /\0/, join('', <$cmdline>);
  foreach my $i (1 .. $#words - 1) {
    return if $words[$i] eq '-extra';
    return (split /@/, $words[$i + 1])[0] if $words[$i] =~ /^-s?name$/;
  }
  return;
}

# The user who started the process. Its directory in /proc may be root's.
sub real_user {
  my ($process) = @_;
  open(my $status, '<', "$process/status") or return;
  foreach my $line (<$status>) { return $1 if $line =~ /^Uid:\s+(\d+)/ }
  return;
}

# The users that may run a registered node: root, and the owner of its cookie: {UID => 1}. Any other user may
# call a process as he likes.
sub users {
  my ($name) = @_;
  my $file = "$registry/$name";
  my %users = (0 => 1);
  my $cookie = $file;
  if (open(my $entry, '<', $file)) {
    while (my $line = <$entry>) {
      if (my ($path) = $line =~ /^\s*cookie_file\s*=\s*(\S.*?)\s*$/) {
        $cookie = index($path, '/') == 0 ? $path : "$registry/$path";
      }
      $users{getpwnam($1) // $1} = 1 if $line =~ /^\s*user\s*=\s*(\S+)\s*$/;
    }
  }
  my $owner = (stat $cookie)[4];
  $users{$owner} = 1 if defined $owner;
  return \%users;
}

# The service of this host in the content of a file /proc/PID/cgroup. Below that of a service, a container or a user's own
# systemd, groups may be named by anyone.
sub service_in {
  my ($groups) = @_;
  return $groups =~ m{^\d+:(?:name=systemd)?:(?:/[^/\n]+\.slice)*/((?!user@)[^/\n]+\.service)(?:/.*)?$}m ? $1 : undef;
}

# The systemd services in which nodes run.
sub units {
  my %units;
  return () unless -x $eval;
  foreach my $pid (keys %{named_processes()}) {
    open(my $groups, '<', "/proc/$pid/cgroup") or next;
    my $unit = service_in(join '', <$groups>);
    $units{$unit}++ if defined $unit;
  }
  my @sorted = sort keys %units;
  return @sorted;
}

1;
