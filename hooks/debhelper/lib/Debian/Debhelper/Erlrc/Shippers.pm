# SPDX-License-Identifier: BSD-3-Clause
# Finds the package that ships an application in dpkg's database, build dependencies first.
package Debian::Debhelper::Erlrc::Shippers;
use strict;
use warnings;
use Dpkg::Control::Info;
use Dpkg::IPC;
use Exporter qw(import);
our @EXPORT_OK = qw(installed_shippers provided_name provided_version);

# The names in the Build-Depends of debian/control. They take precedence over packages that happen to be
# installed.
sub build_dependencies {
	my $source = Dpkg::Control::Info->new('debian/control')->get_source();
	my $fields = join(',', map { $source->{$_} // () } qw(Build-Depends Build-Depends-Arch Build-Depends-Indep));
	return map { /^\s*([a-z0-9][a-z0-9+.-]+)/ ? ($1 => 1) : () } split(/[,|]/, $fields);
}

# dpkg-query prints what it finds, and fails if it does not find everything.
sub ask {
	my $answer = '';
	spawn(exec => ['dpkg-query', @_], to_string => \$answer, error_to_file => '/dev/null', env => { LC_ALL => 'C' },
		wait_child => 1, nocheck => 1);
	return split(/\n/, $answer);
}

# The version without the Debian revision: any build of it will do.
sub upstream {
	my ($version) = @_;
	$version =~ s/-[^-]*$//;
	return $version;
}

# installed_shippers(APP...): {APP => dependency} for each application that an installed package ships, as
# `package (>= version)`; alternatives if several packages do: those that are build dependencies, else all.
sub installed_shippers {
	my @apps = @_;
	my (%packages, %versions, %shippers);
	return \%shippers if not @apps;
	for my $line (ask('--search', map { "*/ebin/$_.app" } @apps)) {
		my ($names, $app) = $line =~ m{^([^/]+): .*/ebin/([^/]+)\.app$} or next;
		next if $names =~ /^diversion /;
		for my $name (split(/, /, $names)) {
			$packages{$app}{ $name =~ s/:.*//r } = 1;
		}
	}
	my %all = map { $_ => 1 } map { keys(%$_) } values(%packages);
	for my $line (%all ? ask('--show', '--showformat=${Package} ${Version}\n', sort(keys(%all))) : ()) {
		my ($name, $version) = split(/ /, $line);
		$versions{$name} = upstream($version);
	}
	my %build_depends = build_dependencies();
	for my $app (keys(%packages)) {
		my @names = sort(keys(%{ $packages{$app} }));
		my @preferred = grep { $build_depends{$_} } @names;
		$shippers{$app} = join(' | ', map { "$_ (>= $versions{$_})" } @preferred ? @preferred : @names);
	}
	return \%shippers;
}

# The virtual package of an application.
sub provided_name {
	my ($app) = @_;
	return 'erlang-app-' . lc($app) =~ tr/_@/-+/r;
}

# " (= VSN)" if an application's version is a valid package version, else nothing.
sub provided_version {
	my ($vsn) = @_;
	return $vsn =~ /^[0-9][A-Za-z0-9.+~-]*$/ ? " (= $vsn)" : '';
}

1;
