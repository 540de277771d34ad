# SPDX-License-Identifier: BSD-2-Clause
# Thrift from Perl: calls, an exception, oneway. What it did is appended to $ENV{ledger}, as ledger.py
# does.
#
#     thrift_perl.pl PORT VARIANT...      (as thrift_server.py; binary)
use strict;
use warnings;
use JSON::PP;
use Thrift;
use Thrift::BinaryProtocol;
use Thrift::BufferedTransport;
use Thrift::FramedTransport;
use Thrift::Socket;
use Shop::Shop;
use Shop::Types;

my $port = shift;
my $json = JSON::PP->new->canonical->utf8;

sub run
{
	my ($variant) = @_;
	my $framed = $variant =~ /framed/;
	my $socket = Thrift::Socket->new("127.0.0.1", $port);
	my $transport = $framed ? Thrift::FramedTransport->new($socket)
		: Thrift::BufferedTransport->new($socket);
	my $client = Shop::ShopClient->new(Thrift::BinaryProtocol->new($transport));
	my @rows;

	$transport->open();
	$client->ping();
	push @rows, {method => "ping", args => {}, result => undef};
	for my $n (1 .. 30) {
		my $sum = $client->add($n, 2 * $n);
		push @rows, {method => "add", args => {1 => $n, 2 => 2 * $n}, result => $sum + 0};
	}
	my $order = Shop::Order->new({id => 7, customer => "perl", total => 0.5, tags => ["t"],
		stock => {a => 1}, paid => 1, blob => "plain", marks => [3], kind => 2});
	my $shown = {1 => 7, 2 => "perl", 3 => 0.5, 4 => ["t"], 5 => {a => 1}, 6 => JSON::PP::true,
		7 => "plain", 8 => [3], 9 => 2};
	$client->store($order);
	push @rows, {method => "store", args => {1 => $shown}, result => $shown};
	$client->note("from perl");
	push @rows, {method => "note", args => {1 => "from perl"}, reply => undef};
	eval { $client->find(8) };
	my $error = $@;
	push @rows, {method => "find", args => {1 => 8}, error => $error->{what},
		exception => {1 => {1 => $error->{what}, 2 => $error->{code} + 0}}};
	$transport->close();
	$_ = {framed => $framed ? JSON::PP::true : JSON::PP::false, encoding => "binary", %$_} for @rows;
	open(my $file, ">>", $ENV{ledger}) or die "$ENV{ledger}: $!";
	print $file $json->encode({port => undef, who => "Perl, $variant", rows => \@rows}), "\n";
	close($file);
}

run($_) for @ARGV;
