# SPDX-License-Identifier: BSD-2-Clause
# MariaDB through Perl's DBD::mysql: statements that the server prepares, with bound values and NULL,
# also over the compressed protocol. What it did is appended to $ENV{ledger}, as ledger.py does.
#
#     mysql_dbi.pl PORT
use strict;
use warnings;
use utf8;
use DBI;
use JSON::PP;

my $port = shift;
my $json = JSON::PP->new->canonical->utf8;

sub account
{
	my ($who, @rows) = @_;

	$_ = {user => "root", database => "shop", %$_} for @rows;
	open(my $file, ">>", $ENV{ledger}) or die "$ENV{ledger}: $!";
	print $file $json->encode({port => undef, who => $who, rows => \@rows}), "\n";
	close($file);
}

sub shop
{
	my ($who, $options) = @_;
	my $db = DBI->connect("DBI:mysql:database=shop;host=127.0.0.1;port=$port;mysql_server_prepare=1;"
			. "mysql_ssl_optional=1$options", "root", "", {RaiseError => 1, PrintError => 0});
	my @rows = ({command => "login"});
	my $text = "INSERT INTO orders (customer, total, note) VALUES (?, ?, ?)";
	my $insert = $db->prepare($text);
	push @rows, {command => "prepare", statement => $text};
	for my $i (1 .. 20) {
		my @values = ("perl $i", "$i.5", $i % 2 ? undef : "n" x (100 * $i));
		$insert->execute(@values);
		push @rows, {command => "execute", statement => $text, params => [@values],
			affected => $insert->rows + 0, insert_id => $insert->{mysql_insertid}};
	}
	my $query = "SELECT customer, note FROM orders WHERE customer = ? AND id > ? ORDER BY id";
	my $select = $db->prepare($query);
	push @rows, {command => "prepare", statement => $query};
	for my $i (1, 2, 999) {
		$select->execute("perl $i", 0);
		my $found = $select->fetchall_arrayref;
		push @rows, {command => "execute", statement => $query, params => ["perl $i", "0"],
			rows => scalar(@$found), row_data => [map { [@$_] } @$found],
			columns => ["customer", "note"]};
	}
	eval { $db->prepare("SELECT nothing FROM orders WHERE id = ?") };
	push @rows, {command => "prepare", statement => "SELECT nothing FROM orders WHERE id = ?",
		error_code => $DBI::err + 0, sqlstate => $DBI::state, error => $DBI::errstr};
	$db->do("DELETE FROM orders WHERE customer LIKE 'perl%'");
	push @rows, {command => "prepare", statement => "DELETE FROM orders WHERE customer LIKE 'perl%'"},
		{command => "execute", statement => "DELETE FROM orders WHERE customer LIKE 'perl%'",
		affected => 20};
	$db->disconnect;
	account($who, @rows);
}

shop("DBD::mysql", "");
shop("DBD::mysql, compressed", ";mysql_compression=1");
