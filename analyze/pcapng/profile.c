/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/profile.h"

/* Every field stands in Wireshark 4.0 and 4.4: a filter with an unknown one is switched off. */
static const char preferences[] = PROFILE_MARK
	", for what 'socktape export' writes.\n"
	/* What a packet's comment says of records is the column before the last. */
	"gui.column.format:\n"
	"\t\"No.\", \"%m\",\n"
	"\t\"Time\", \"%t\",\n"
	"\t\"Process > peer process\", \"%Cus:frame.interface_description:0:R\",\n"
	"\t\"Source\", \"%s\",\n"
	"\t\"Destination\", \"%d\",\n"
	"\t\"Protocol\", \"%p\",\n"
	"\t\"Length\", \"%L\",\n"
	"\t\"Outcome, latency\", \"%Cus:frame.comment:0:R\",\n"
	"\t\"Info\", \"%i\"\n"
	/* Paths of Unix sockets are names in the file; nobody is asked for others. */
	"nameres.network_name: TRUE\n"
	"nameres.use_external_name_resolver: FALSE\n"
	"nameres.dns_pkt_addr_resolution: FALSE\n";

/* Colours are red, green, blue from 0 to 65535: behind and of the text. The first that fits wins.
 */
#define RED    "[65535,52428,52428][26214,0,0]"
#define ORANGE "[65535,58000,42000][26214,13107,0]"
#define GREY   "[61166,61166,61166][30000,30000,30000]"
#define GREEN  "[58000,65535,58000][4626,10023,11822]"
#define BLUE   "[56000,60000,65535][4626,10023,11822]"

static const char colours[] = PROFILE_MARK
	", for what 'socktape export' writes.\n"
	"@Error of a record@frame.comment contains \"[error]\"@" RED "\n"
	"@No answer@frame.comment contains \"[unanswered]\"@" RED "\n"
	"@Partial record@frame.comment contains \"[partial]\"@" ORANGE "\n"
	"@HTTP error@http.response.code >= 400 || http2.headers.status >= 400@" RED "\n"
	"@DNS error@dns.flags.rcode > 0@" RED "\n"
	"@Database error@mysql.error_code || pgsql.type == \"Error\" || resp.error || "
	"cql.error_code@" RED "\n"
	"@Kafka, Thrift error@kafka.error > 0 || thrift.mtype == 3@" RED "\n"
	"@Reset@tcp.flags.reset == 1@" RED "\n"
	"@Bytes are missing@tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment || "
	"frame.comment contains \"were lost\" || _ws.malformed@" ORANGE "\n"
	"@Beginning or end@tcp.flags.syn == 1 || tcp.flags.fin == 1@" GREY "\n"
	"@HTTP, gRPC@http || http2@" GREEN "\n"
	"@Others with a protocol@dns || mysql || pgsql || resp || cql || kafka || mongo || amqp || "
	"thrift || tls || websocket@" BLUE "\n";

/* What Wireshark remembers of a window: how wide the columns are, in points. */
static const char recent[] = PROFILE_MARK
	", for what 'socktape export' writes.\n"
	"column.width: %m, 60, %t, 115, %Cus:frame.interface_description, 270, %s, 110, %d, 110, "
	"%p, 75, %L, 60, %Cus:frame.comment, 330, %i, 400\n";

const struct profile_file profile_files[] = {
	{"preferences", preferences},
	{"colorfilters", colours},
	{"recent", recent},
	{0},
};
