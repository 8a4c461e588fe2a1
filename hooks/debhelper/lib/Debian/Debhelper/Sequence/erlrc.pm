#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# What `Build-Depends: dh-sequence-erlrc` adds to dh: dh_erlrc, when all files and links of a package are in place, and
# what the helpers for services have added to its scripts can be seen.
use strict;
use warnings;
use Debian::Debhelper::Dh_Lib;

insert_after('dh_link', 'dh_erlrc');

1;
