# SPDX-License-Identifier: BSD-3-Clause
# debian/PACKAGE.erlrc, from text to a hash. It is described in dh_erlrc(1).
package Debian::Debhelper::Erlrc::Options;
use strict;
use warnings;
use Exporter qw(import);
our @EXPORT_OK = qw(parse_options);

my %POLICIES = map { $_ => 1 } qw(hot restart leave);
my %LISTS = map { $_ => 1 } qw(applications start nodes units without previous);

# parse_options(FILE, TEXT): {policy => .., applications => [..] or undef, ...}; a list that is not given is undef, one
# that is `none` is empty. Dies with `FILE:LINE: what is wrong`.
sub parse_options {
	my ($file, $text) = @_;
	my %options = (policy => 'hot');
	my %seen;
	my $number = 0;
	for my $line (split(/\n/, $text)) {
		$number++;
		$line =~ s/#.*//;
		next if $line !~ /\S/;
		my ($key, $value) = $line =~ /^\s*(\S+)\s*=\s*(.*?)\s*$/
			or die "$file:$number: found '$line', expected `KEY = VALUE`\n";
		die "$file:$number: '$key' is there twice\n" if $seen{$key}++;
		if ($key eq 'policy') {
			die "$file:$number: policy '$value', expected hot, restart or leave\n" if not $POLICIES{$value};
			$options{policy} = $value;
		} elsif ($LISTS{$key}) {
			my @words = split(/[\s,]+/, $value);
			die "$file:$number: '$key' has no value; `none` is an empty list\n" if not @words;
			$options{$key} = $value eq 'none' ? [] : \@words;
		} else {
			die "$file:$number: no option '$key', expected one of "
				. join(', ', 'policy', sort(keys(%LISTS))) . "\n";
		}
	}
	# As erlrc-node(8) takes them.
	for my $name (@{$options{nodes} // []}) {
		die "$file: `nodes` holds '$name', which is no name of a node\n"
			if $name !~ m{^[!-.0-?A-~]+(?:\@[!-.0-?A-~]+)?$} or $name =~ /\.\./;
	}
	die "$file: `units` is for the policy restart only\n" if $options{units} and $options{policy} ne 'restart';
	return \%options;
}

1;
