/* SPDX-License-Identifier: BSD-2-Clause */
/* What the clients of tests/live/thrift.sh speak of. */
namespace py shop
namespace perl Shop

exception NotFound {
	1: string what
	2: i32 code
}

struct Order {
	1: i64 id
	2: string customer
	3: double total
	4: list<string> tags
	5: map<string, i32> stock
	6: bool paid
	7: binary blob
	8: set<i16> marks
	9: byte kind
}

service Shop {
	void ping()
	i32 add(1: i32 a, 2: i32 b)
	Order store(1: Order order)
	Order find(1: i64 id) throws (1: NotFound missing)
	string echo(1: string text)
	oneway void note(1: string text)
}

/* The server doesn't know it. */
service Newer extends Shop {
	void gone()
}
