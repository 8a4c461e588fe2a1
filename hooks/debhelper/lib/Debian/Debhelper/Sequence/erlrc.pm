#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# `Build-Depends: dh-sequence-erlrc` adds dh_erlrc to dh, at a point where all files and links of a package
# are in place and the helpers for services have changed its scripts.
use strict;
use warnings;
use Debian::Debhelper::Dh_Lib;

insert_after('dh_link', 'dh_erlrc');

1;
