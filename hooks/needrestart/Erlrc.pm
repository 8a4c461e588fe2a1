# SPDX-License-Identifier: BSD-3-Clause
package NeedRestart::Interp::Erlrc;

# Reports nodes that run stale code to needrestart. By itself, needrestart sees only libraries, not the .beam
# files that an emulator has loaded. erlrc.conf prints the reason for the administrator.

use strict;
use warnings;

use parent qw(NeedRestart::Interp);
use Erlrc::Nodes;
use NeedRestart qw(:interp);

needrestart_interp_register(__PACKAGE__);

sub isa {
  my ($self, $pid, $bin) = @_;
  return $bin =~ m{/beam(?:\.\w+)?$} && exists Erlrc::Nodes::all()->{$pid} ? 1 : 0;
}

# The files of a process, each with its time of change; an undefined time counts as newer than the process.
sub files {
  my ($self, $pid) = @_;
  my $node = Erlrc::Nodes::all()->{$pid};
  return () unless $node && Erlrc::Nodes::is_stale($node);
  return ("/etc/erlrc.d/nodes/$node->{name}" => undef);
}

1;
