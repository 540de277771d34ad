#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
statements.py mysql|pgsql|served [N]

Prints N statements (1000), one a line, as applications send them: a shop's, a forum's and a job
queue's, with other values, other lengths of lists, other case, white space and comments each time. The
same ones in every run. "served" are those that PostgreSQL can answer, after SCHEMA.
"""
import random
import sys

rng = random.Random(14)
# pt-fingerprint takes quotes that are doubled for two strings, and has its own idea of semicolons and
# comments in strings: PostgreSQL's parser is the judge of those.
WORDS = ["apple", "", "50%", "déjà", "(1, 2)", "x=y", 'say "no"', "select"]
HARD_WORDS = ["it''s", "O''Brien", "a;b", "-- no comment", "x/*y*/", "$1 $$"]


def number():
    return rng.choice([str(rng.randrange(10)), str(rng.randrange(10**9)), "%.2f" % (rng.random() * 1000)])


def text():
    return "'" + rng.choice(WORDS) + str(rng.randrange(1000)) + "'"


def numbers(separator=", "):
    return separator.join(number() for _ in range(rng.randrange(1, 9)))


def texts():
    return ", ".join(text() for _ in range(rng.randrange(1, 9)))


def rows(row, most=5):
    return ", ".join(row() for _ in range(rng.randrange(1, most)))


# What both dialects have. Each call makes another statement of the same shape.
BOTH = [
    lambda: f"SELECT * FROM users WHERE id = {number()}",
    lambda: f"SELECT id, name, mail FROM users WHERE mail = {text()} AND active = {number()}",
    lambda: f"SELECT id FROM users WHERE id IN ({numbers()})",
    lambda: f"SELECT id FROM users WHERE id NOT IN ({numbers(',')}) AND name IN ({texts()})",
    lambda: f"SELECT o.id, u.name FROM orders o JOIN users u ON u.id = o.user_id WHERE o.total > {number()} ORDER BY o.created DESC",
    lambda: f"SELECT count(*) FROM orders WHERE state = {text()}",
    lambda: f"SELECT count(*) FROM orders WHERE state = {text()} GROUP BY user_id HAVING count(*) > {number()}",
    lambda: f"SELECT a.name FROM articles a WHERE a.title LIKE {text()} OR a.body LIKE {text()}",
    lambda: f"SELECT price FROM items WHERE price BETWEEN {number()} AND {number()}",
    lambda: f"SELECT CASE WHEN stock > {number()} THEN {text()} ELSE {text()} END FROM items WHERE sku = {text()}",
    lambda: f"SELECT name FROM users WHERE id = (SELECT max(user_id) FROM orders WHERE total < {number()})",
    lambda: f"SELECT name FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.total >= {number()})",
    lambda: f"SELECT coalesce(name, {text()}), lower({text()}) FROM users WHERE id = {number()}",
    lambda: f"INSERT INTO log (level, message) VALUES ({number()}, {text()})",
    lambda: f"INSERT INTO events (kind, at, payload) VALUES {rows(lambda: f'({number()}, {text()}, {text()})')}",
    lambda: f"INSERT INTO archive (id, name) SELECT id, name FROM users WHERE created < {text()}",
    lambda: f"UPDATE users SET name = {text()}, logins = logins + {number()} WHERE id = {number()}",
    lambda: f"UPDATE items SET stock = stock * {number()} WHERE sku IN ({texts()})",
    lambda: f"DELETE FROM sessions WHERE expires < {number()}",
    lambda: f"DELETE FROM sessions WHERE token = {text()} AND user_id = {number()}",
    lambda: f"SELECT name FROM users WHERE deleted IS NULL AND id = {number()}",
    lambda: f"SELECT name FROM users WHERE balance < -{number()} AND id <> {number()}",
    lambda: f"SELECT u.id AS user_id, sum(o.total) AS total FROM users AS u LEFT JOIN orders AS o ON o.user_id = u.id WHERE u.country = {text()} GROUP BY u.id",
    lambda: f"SELECT DISTINCT country FROM users WHERE created > {text()} ORDER BY country",
]

MYSQL = [
    lambda: f"SELECT * FROM `orders` WHERE `id` = {number()} LIMIT {rng.randrange(100)}",
    lambda: f"SELECT id FROM posts ORDER BY id LIMIT {rng.choice(['10', '5, 10', '10 OFFSET 5'])}",
    lambda: f"SELECT id FROM posts ORDER BY id{rng.choice([' ASC', ''])} LIMIT {number()}",
    lambda: f"REPLACE INTO cache SET k = {text()}, v = {text()}",
    lambda: f"INSERT INTO counters (name, n) VALUES ({text()}, {number()}) ON DUPLICATE KEY UPDATE n = n + {number()}",
    lambda: f"UPDATE accounts SET balance = balance {rng.choice('+-')} {rng.randrange(1, 99)} WHERE id = {number()}",
    lambda: f"SELECT value FROM shard{rng.randrange(64)}.kv_{rng.randrange(64)} WHERE k = {text()}",
    lambda: f"SELECT hex(token) FROM tokens WHERE token = 0x{rng.getrandbits(40):010x}",
    lambda: f"CALL settle({numbers()})",
    lambda: f"USE shop_{rng.randrange(9)}",
    lambda: f"SET @now = {number()}",
    lambda: "SELECT id FROM a WHERE x = 1" + " UNION ALL SELECT id FROM a WHERE x = 1" * rng.randrange(1, 4),
    lambda: f'SELECT name FROM users WHERE name = "{rng.choice(["a", "b c", "(d)"])}"',
    lambda: "COMMIT",
    lambda: rng.choice(["BEGIN", "begin"]),
    lambda: f"SELECT id FROM jobs WHERE state = {text()} FOR UPDATE",
    lambda: f"SELECT name FROM users WHERE id = {number()} AND parent = {rng.choice(['NULL', number()])}",
]

PGSQL = [
    lambda: f"SELECT id FROM posts ORDER BY id LIMIT {rng.randrange(100)} OFFSET {rng.randrange(100)}",
    lambda: f"INSERT INTO counters (name, n) VALUES ({text()}, {rng.randrange(99)}) ON CONFLICT (name) DO UPDATE SET n = counters.n + {rng.randrange(99)} RETURNING n",
    lambda: f"SELECT payload ->> {text()} FROM events WHERE payload @> '{{\"a\": {rng.randrange(9)}}}'",
    lambda: f"SELECT name FROM users WHERE name ILIKE {text()} AND active = {rng.choice(['true', 'FALSE'])}",
    lambda: f"SELECT name FROM users WHERE created > now() - interval '{rng.randrange(9)} days'",
    lambda: f"SELECT id FROM jobs WHERE state = {text()} ORDER BY id FOR UPDATE SKIP LOCKED LIMIT {rng.randrange(9)}",
    lambda: f"WITH recent AS (SELECT id FROM orders WHERE total > {rng.randrange(99)}) SELECT count(*) FROM recent",
    lambda: f"SELECT name FROM users WHERE note = $x${rng.choice(WORDS)}$x$ OR note = E'a\\'{rng.randrange(9)}'",
    lambda: f"SELECT \"name\" FROM \"users\" WHERE \"id\" = {rng.randrange(99)}",
    lambda: f"UPDATE accounts SET balance = balance + {rng.randrange(99)} WHERE id = {rng.randrange(99)}",
    lambda: f"UPDATE accounts SET balance = balance - {rng.randrange(99)} WHERE id = {rng.randrange(99)}",
    lambda: f"SELECT date_trunc('day', at), count(*) FROM events WHERE at::text = {text()} GROUP BY 1",
]


SCHEMA = "CREATE TEMP TABLE accounts(id int, name text, balance int, active bool, at timestamptz, doc jsonb)"

# A server tells constants of different types apart, and rows of different numbers.
SERVED = [
    lambda: f"SELECT * FROM accounts WHERE id = {small()}",
    lambda: f"SELECT name FROM accounts WHERE name = {text()} AND id > {small()}",
    lambda: f"SELECT name FROM accounts WHERE id IN ({small()}, {small()}, {small()})",
    lambda: f"SELECT name FROM accounts WHERE active = {rng.choice(['true', 'false'])}",
    lambda: f"SELECT name FROM accounts WHERE name IS {rng.choice(['', 'NOT '])}NULL",
    lambda: f"UPDATE accounts SET balance = balance + {small()} WHERE id = {small()}",
    lambda: f"UPDATE accounts SET balance = balance - {small()} WHERE id = -{small()}",
    lambda: f"INSERT INTO accounts (id, name) VALUES ({small()}, {text()})",
    lambda: f"INSERT INTO accounts (id, name) VALUES ({small()}, {text()}) RETURNING id",
    lambda: f"DELETE FROM accounts WHERE id = {small()}",
    lambda: f"SELECT count(*) FROM accounts WHERE at > now() - interval '{small()} days'",
    lambda: f"SELECT count(*), max(balance) FROM accounts GROUP BY active HAVING count(*) > {small()}",
    lambda: f"SELECT doc ->> 'a{small()}' FROM accounts ORDER BY id DESC LIMIT {small()} OFFSET {small()}",
    lambda: f"SELECT lower({text()}), CASE WHEN balance > {small()} THEN {text()} ELSE {text()} END FROM accounts",
    lambda: f"WITH x AS (SELECT id FROM accounts WHERE balance < {small()}) SELECT count(*) FROM x",
    lambda: f"SELECT a.name FROM accounts a JOIN accounts b ON a.id = b.id WHERE b.balance BETWEEN {small()} AND {small()}",
    lambda: f"SELECT 1 FROM accounts WHERE name LIKE {text()} OR name = $q${rng.choice(WORDS)}$q$",
]


def small():
    return str(rng.randrange(1, 1000))


def disturb(statement):
    """The same statement as somebody else would have written it."""
    if statement.startswith(("CALL", "USE")):
        return statement  # pt-fingerprint knows them only as they are
    if rng.random() < 0.3:
        statement = statement.replace(" ", "  ", rng.randrange(4))
    if rng.random() < 0.2:
        statement = statement.replace("SELECT", "select").replace("WHERE", "where")
    if rng.random() < 0.2:
        statement = f"/* request {rng.randrange(10**6)} */ {statement}"
    return statement


def main():
    dialect = sys.argv[1]
    if dialect != "mysql":
        WORDS.extend(HARD_WORDS)
    shapes = {"mysql": BOTH + MYSQL, "pgsql": BOTH + PGSQL, "served": SERVED}[dialect]
    if dialect == "served":
        print(SCHEMA)
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1000):
        print(disturb(rng.choice(shapes)()))


main()
