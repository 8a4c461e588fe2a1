# SPDX-License-Identifier: BSD-3-Clause
# Parser of debian/PACKAGE.erlrc, which dh_erlrc(1) describes.
package Debian::Debhelper::Erlrc::Options;
use strict;
use warnings;
use Exporter qw(import);
our @EXPORT_OK = qw(parse_options);

my %POLICIES = map { $_ => 1 } qw(hot restart leave);
my %LISTS = map { $_ => 1 } qw(applications start nodes units without previous);

# parse_options(FILE, TEXT): {policy => .., applications => [..] or undef, ...}. A missing list is undef,
# `none` is an empty one. Dies with `FILE:LINE: what is wrong`.
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
		die "$file:$number: '$key' is given twice\n" if $seen{$key}++;
		if ($key eq 'policy') {
			die "$file:$number: policy '$value', expected hot, restart or leave\n" if not $POLICIES{$value};
			$options{policy} = $value;
		} elsif ($LISTS{$key}) {
			my @words = split(/[\s,]+/, $value);
			die "$file:$number: '$key' has no value; write `none` for an empty list\n" if not @words;
			$options{$key} = $value eq 'none' ? [] : \@words;
		} else {
			die "$file:$number: no option '$key', expected one of "
				. join(', ', 'policy', sort(keys(%LISTS))) . "\n";
		}
	}
	# The same names as in erlrc-node(8).
	for my $name (@{$options{nodes} // []}) {
		die "$file: `nodes`: '$name' is not a node name, expected alive or alive\@host\n"
			if $name !~ m{^[!-.0-?A-~]+(?:\@[!-.0-?A-~]+)?$} or $name =~ /\.\./;
	}
	die "$file: `units` is allowed only with `policy = restart`\n" if $options{units} and $options{policy} ne 'restart';
	return \%options;
}

1;
