# SPDX-License-Identifier: BSD-3-Clause
# Checks the .appup files of a package, and what would be made where it ships none.
package Debian::Debhelper::Erlrc::Appups;
use strict;
use warnings;
use Debian::Debhelper::Dh_Lib;
use Dpkg::Changelog::Parse;
use Dpkg::IPC;
use Exporter qw(import);
our @EXPORT_OK = qw(check_appups);

# Without what a package adds to it when it repacks the source.
sub upstream_version {
	my ($offset) = @_;
	my $entry = changelog_parse(file => 'debian/changelog', offset => $offset, count => 1) or return;
	return $entry->{Version} =~ s/^\d+://r =~ s/-[^-]*$//r =~ s/[+~](?:dfsg|ds|repack)[0-9.]*$//r;
}

# Build tools install what they know: rebar3 leaves an .appup.src where it is, and then another one is made on the node.
sub warn_of_missing_appup {
	my ($app) = @_;
	my @shipped = glob("{.,apps/*,lib/*}/{src,ebin,priv}/$app->{name}.appup{,.src,.script}");
	my @there = grep { -f } @shipped;
	warning("$there[0] is not in the package: nodes are upgraded without it") if @there;
}

sub ships_appup {
	my ($app) = @_;
	return -e "$app->{ebin}/$app->{name}.appup";
}

# The directory of the earlier version may be missing.
sub check_command {
	my ($app, $earlier, @directory) = @_;
	push(@directory, $app->{ebin} =~ s{/ebin$}{}r);
	return ('erlrc-makeappup', '--check', $app->{name}, $earlier, $app->{vsn}, @directory);
}

# A shipped .appup that does not cover the previous version should be found at the build, not at the upgrade.
sub check_shipped_appup {
	my ($options, $app) = @_;
	if ($options->{previous}) {
		doit(check_command($app, $_)) for @{ $options->{previous} };
		return;
	}
	my $previous = upstream_version(1);
	# If package and application count their versions differently, the previous version is unknown.
	return if not defined($previous) or $app->{vsn} ne upstream_version(0) or $previous eq $app->{vsn};
	doit_noerror(check_command($app, $previous))
		or warning("$app->{name}.appup does not cover an upgrade from $previous");
}

# The applications of the version that is installed where the package is built: {APP => [VSN, DIRECTORY]}.
sub installed_apps {
	my ($package) = @_;
	my $member = '';
	spawn(exec => ['dpkg-query', '--control-show', $package, 'erlrc'], to_string => \$member,
		error_to_file => '/dev/null', wait_child => 1, nocheck => 1);
	return map { m{^(\S+) (\S+) (/.*)/ebin$} ? ($1 => [$2, $3]) : () } split(/\n/, $member);
}

# Also without an .appup, the modules must be those that the .app file lists.
sub check_modules {
	my ($app) = @_;
	doit_noerror({ stdout => '/dev/null' }, check_command($app, $app->{vsn}))
		or warning("$app->{name}.app does not list the modules that are there");
}

# What a made .appup does depends on both versions. They are compared if the earlier one is installed here.
sub compare_with_installed {
	my ($app, $installed) = @_;
	my ($vsn, $directory) = @{ $installed // [$app->{vsn}] };
	return if $vsn eq $app->{vsn};
	doit_noerror({ stdout => '/dev/null' }, check_command($app, $vsn, $directory))
		or warning("$app->{name}: nodes may refuse an upgrade from $vsn, which is installed here, or the downgrade");
}

sub check_appups {
	my ($package, $options, @apps) = @_;
	my @without = grep { not ships_appup($_) } @apps;
	error("$options->{file}: `previous`: no application of $package ships an .appup")
		if @{ $options->{previous} // [] } and @without == @apps;
	check_shipped_appup($options, $_) for grep { ships_appup($_) } @apps;
	my %installed = installed_apps($package);
	for my $app (@without) {
		warn_of_missing_appup($app);
		check_modules($app);
		compare_with_installed($app, $installed{ $app->{name} }) if $options->{policy} eq 'hot';
	}
	my $of = @without < @apps ? ' of ' . join(' ', map { $_->{name} } @without) : '';
	nonquiet_print("$package: the .appup$of is made at the upgrade") if @without and $options->{policy} eq 'hot';
}

1;
