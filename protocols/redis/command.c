/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/command.h"

/* Longer than the longest name. */
#define NAME_MAX_LEN 24

/* The commands of Redis: a list for each first letter, sorted. */
/* clang-format off */
#define P(name) {name, TRAIT_NONE}
static const struct redis_command a_commands[] = {
	{"ACL", TRAIT_CONTAINER}, P("APPEND"), P("ASKING"), {"AUTH", TRAIT_SECRET},
};
static const struct redis_command b_commands[] = {
	P("BGREWRITEAOF"), P("BGSAVE"), P("BITCOUNT"), P("BITFIELD"), P("BITFIELD_RO"),
	P("BITOP"), P("BITPOS"), P("BLMOVE"), P("BLMPOP"), P("BLPOP"), P("BRPOP"),
	P("BRPOPLPUSH"), P("BZMPOP"), P("BZPOPMAX"), P("BZPOPMIN"),
};
static const struct redis_command c_commands[] = {
	{"CLIENT", TRAIT_CLIENT}, {"CLUSTER", TRAIT_CONTAINER}, {"COMMAND", TRAIT_CONTAINER},
	{"CONFIG", TRAIT_CONTAINER}, P("COPY"),
};
static const struct redis_command d_commands[] = {
	P("DBSIZE"), P("DEBUG"), P("DECR"), P("DECRBY"), P("DEL"), {"DISCARD", TRAIT_EXEC},
	P("DUMP"),
};
static const struct redis_command e_commands[] = {
	P("ECHO"), P("EVAL"), P("EVALSHA"), P("EVALSHA_RO"), P("EVAL_RO"), {"EXEC", TRAIT_EXEC},
	P("EXISTS"), P("EXPIRE"), P("EXPIREAT"), P("EXPIRETIME"),
};
static const struct redis_command f_commands[] = {
	P("FAILOVER"), P("FCALL"), P("FCALL_RO"), P("FLUSHALL"), P("FLUSHDB"),
	{"FUNCTION", TRAIT_CONTAINER},
};
static const struct redis_command g_commands[] = {
	P("GEOADD"), P("GEODIST"), P("GEOHASH"), P("GEOPOS"), P("GEORADIUS"),
	P("GEORADIUSBYMEMBER"), P("GEORADIUSBYMEMBER_RO"), P("GEORADIUS_RO"), P("GEOSEARCH"),
	P("GEOSEARCHSTORE"), P("GET"), P("GETBIT"), P("GETDEL"), P("GETEX"), P("GETRANGE"),
	P("GETSET"),
};
static const struct redis_command h_commands[] = {
	P("HDEL"), {"HELLO", TRAIT_SECRET}, P("HEXISTS"), P("HEXPIRE"), P("HEXPIREAT"), P("HEXPIRETIME"),
	P("HGET"), P("HGETALL"), P("HGETDEL"), P("HGETEX"), P("HINCRBY"), P("HINCRBYFLOAT"),
	P("HKEYS"), P("HLEN"), P("HMGET"), P("HMSET"), P("HPERSIST"), P("HPEXPIRE"),
	P("HPEXPIREAT"), P("HPEXPIRETIME"), P("HPTTL"), P("HRANDFIELD"), P("HSCAN"), P("HSET"),
	P("HSETEX"), P("HSETNX"), P("HSTRLEN"), P("HTTL"), P("HVALS"),
};
static const struct redis_command i_commands[] = {
	P("INCR"), P("INCRBY"), P("INCRBYFLOAT"), P("INFO"),
};
static const struct redis_command k_commands[] = {
	P("KEYS"),
};
static const struct redis_command l_commands[] = {
	P("LASTSAVE"), {"LATENCY", TRAIT_CONTAINER}, P("LCS"), P("LINDEX"), P("LINSERT"),
	P("LLEN"), P("LMOVE"), P("LMPOP"), P("LOLWUT"), P("LPOP"), P("LPOS"), P("LPUSH"),
	P("LPUSHX"), P("LRANGE"), P("LREM"), P("LSET"), P("LTRIM"),
};
static const struct redis_command m_commands[] = {
	{"MEMORY", TRAIT_CONTAINER}, P("MGET"), {"MIGRATE", TRAIT_SECRET}, {"MODULE", TRAIT_CONTAINER},
	{"MONITOR", TRAIT_MONITOR}, P("MOVE"), P("MSET"), P("MSETNX"), {"MULTI", TRAIT_MULTI},
};
static const struct redis_command o_commands[] = {
	{"OBJECT", TRAIT_CONTAINER},
};
static const struct redis_command p_commands[] = {
	P("PERSIST"), P("PEXPIRE"), P("PEXPIREAT"), P("PEXPIRETIME"), P("PFADD"), P("PFCOUNT"),
	P("PFDEBUG"), P("PFMERGE"), P("PFSELFTEST"), {"PING", TRAIT_PING}, P("PSETEX"),
	{"PSUBSCRIBE", TRAIT_PSUBSCRIBE}, {"PSYNC", TRAIT_PSYNC}, P("PTTL"), P("PUBLISH"),
	{"PUBSUB", TRAIT_CONTAINER}, {"PUNSUBSCRIBE", TRAIT_PUNSUBSCRIBE},
};
static const struct redis_command q_commands[] = {
	{"QUIT", TRAIT_QUIT},
};
static const struct redis_command r_commands[] = {
	P("RANDOMKEY"), P("READONLY"), P("READWRITE"), P("RENAME"), P("RENAMENX"),
	{"REPLCONF", TRAIT_REPLCONF}, P("REPLICAOF"), {"RESET", TRAIT_RESET}, P("RESTORE"),
	P("RESTORE-ASKING"), P("ROLE"), P("RPOP"), P("RPOPLPUSH"), P("RPUSH"), P("RPUSHX"),
};
static const struct redis_command s_commands[] = {
	P("SADD"), P("SAVE"), P("SCAN"), P("SCARD"), {"SCRIPT", TRAIT_CONTAINER}, P("SDIFF"),
	P("SDIFFSTORE"), P("SELECT"), {"SENTINEL", TRAIT_CONTAINER}, P("SET"), P("SETBIT"),
	P("SETEX"), P("SETNX"), P("SETRANGE"), P("SHUTDOWN"), P("SINTER"), P("SINTERCARD"),
	P("SINTERSTORE"), P("SISMEMBER"), P("SLAVEOF"), {"SLOWLOG", TRAIT_CONTAINER},
	P("SMEMBERS"), P("SMISMEMBER"), P("SMOVE"), P("SORT"), P("SORT_RO"), P("SPOP"),
	P("SPUBLISH"), P("SRANDMEMBER"), P("SREM"), P("SSCAN"), {"SSUBSCRIBE", TRAIT_SSUBSCRIBE},
	P("STRLEN"), {"SUBSCRIBE", TRAIT_SUBSCRIBE}, P("SUBSTR"), P("SUNION"), P("SUNIONSTORE"),
	{"SUNSUBSCRIBE", TRAIT_SUNSUBSCRIBE}, P("SWAPDB"), {"SYNC", TRAIT_SYNC},
};
static const struct redis_command t_commands[] = {
	P("TIME"), P("TOUCH"), P("TTL"), P("TYPE"),
};
static const struct redis_command u_commands[] = {
	P("UNLINK"), {"UNSUBSCRIBE", TRAIT_UNSUBSCRIBE}, P("UNWATCH"),
};
static const struct redis_command v_commands[] = {
	P("VADD"), P("VCARD"), P("VDIM"), P("VEMB"), P("VGETATTR"), P("VINFO"), P("VISMEMBER"),
	P("VLINKS"), P("VRANDMEMBER"), P("VREM"), P("VSETATTR"), P("VSIM"),
};
static const struct redis_command w_commands[] = {
	P("WAIT"), P("WAITAOF"), P("WATCH"),
};
static const struct redis_command x_commands[] = {
	P("XACK"), P("XACKDEL"), P("XADD"), P("XAUTOCLAIM"), P("XCLAIM"), P("XDEL"), P("XDELEX"),
	{"XGROUP", TRAIT_CONTAINER}, {"XINFO", TRAIT_CONTAINER}, P("XLEN"), P("XPENDING"),
	P("XRANGE"), P("XREAD"), P("XREADGROUP"), P("XREVRANGE"), P("XSETID"), P("XTRIM"),
};
static const struct redis_command z_commands[] = {
	P("ZADD"), P("ZCARD"), P("ZCOUNT"), P("ZDIFF"), P("ZDIFFSTORE"), P("ZINCRBY"),
	P("ZINTER"), P("ZINTERCARD"), P("ZINTERSTORE"), P("ZLEXCOUNT"), P("ZMPOP"), P("ZMSCORE"),
	P("ZPOPMAX"), P("ZPOPMIN"), P("ZRANDMEMBER"), P("ZRANGE"), P("ZRANGEBYLEX"),
	P("ZRANGEBYSCORE"), P("ZRANGESTORE"), P("ZRANK"), P("ZREM"), P("ZREMRANGEBYLEX"),
	P("ZREMRANGEBYRANK"), P("ZREMRANGEBYSCORE"), P("ZREVRANGE"), P("ZREVRANGEBYLEX"),
	P("ZREVRANGEBYSCORE"), P("ZREVRANK"), P("ZSCAN"), P("ZSCORE"), P("ZUNION"),
	P("ZUNIONSTORE"),
};
#undef P

#define L(letter, list) [letter - 'A'] = {list, sizeof(list) / sizeof((list)[0])}
static const struct {
	const struct redis_command *list;
	size_t count;
} letters[26] = {
	L('A', a_commands),
	L('B', b_commands),
	L('C', c_commands),
	L('D', d_commands),
	L('E', e_commands),
	L('F', f_commands),
	L('G', g_commands),
	L('H', h_commands),
	L('I', i_commands),
	L('K', k_commands),
	L('L', l_commands),
	L('M', m_commands),
	L('O', o_commands),
	L('P', p_commands),
	L('Q', q_commands),
	L('R', r_commands),
	L('S', s_commands),
	L('T', t_commands),
	L('U', u_commands),
	L('V', v_commands),
	L('W', w_commands),
	L('X', x_commands),
	L('Z', z_commands),
};
#undef L
/* clang-format on */

/* Below zero when NAME sorts before COMMAND. */
static int compare(struct span name, const char *command)
{
	for (size_t i = 0; i < name.len; i++) {
		int difference = (unsigned char)name.data[i] - (unsigned char)command[i];

		if (difference || !command[i])
			return difference ? difference : 1;
	}
	return command[name.len] ? -1 : 0;
}

const struct redis_command *redis_command_find(struct span name)
{
	unsigned letter = name.len ? (unsigned)name.data[0] - 'A' : UINT32_MAX;
	size_t low = 0, high;

	if (letter >= sizeof(letters) / sizeof(letters[0]))
		return NULL;
	for (high = letters[letter].count; low < high;) {
		size_t middle = (low + high) / 2;
		const struct redis_command *command = &letters[letter].list[middle];
		int order = compare(name, command->name);

		if (order == 0)
			return command;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct redis_command *redis_command_known(struct span word)
{
	char upper[NAME_MAX_LEN];

	if (word.len > sizeof(upper))
		return NULL;
	for (size_t i = 0; i < word.len; i++)
		upper[i] = (char)(word.data[i] >= 'a' && word.data[i] <= 'z' ? word.data[i] - 32
									     : word.data[i]);
	return redis_command_find(span_of(upper, word.len));
}
