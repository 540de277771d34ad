#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What pt-fingerprint makes of each line of standard input: its own reader loses some.
use strict;
use warnings;

my $program = shift @ARGV;
require $program;
my $rewriter = QueryRewriter->new(QueryParser => QueryParser->new);
while (my $line = <STDIN>) {
    chomp $line;
    my $print = $rewriter->fingerprint($line);
    $print =~ s/^\s+|\s+$//g;
    print "$print\n";
}
