# SPDX-License-Identifier: BSD-3-Clause
package NeedRestart::Interp::Erlrc;

# Tells needrestart of nodes that run stale code. By itself it sees only libraries, and never which .beam files an emulator
# has loaded. erlrc.conf says the reason to the administrator.

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

# The files of a process with the time when each was changed; an undefined one is newer than the process.
sub files {
  my ($self, $pid) = @_;
  my $node = Erlrc::Nodes::all()->{$pid};
  return () unless $node && Erlrc::Nodes::is_stale($node);
  return ("/etc/erlrc.d/nodes/$node->{name}" => undef);
}

1;
