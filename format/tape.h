/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_TAPE_H
#define SOCKTAPE_FORMAT_TAPE_H

/*
 * The bytes of a segment file, as FORMAT.md describes them. A change here changes FORMAT.md in the
 * same commit. Only format/ includes this header: everybody else works with format/event.h.
 *
 * All integers are little-endian, whatever the host. Structures only ever grow at their end; each
 * travels with its own size, so an older reader ignores the new tail and a newer reader sees zeros.
 */

#include <assert.h>
#include <stdint.h>

/* zstd skippable frames (RFC 8878, section 3.1.2): 0x184D2A50 to 0x184D2A5F. */
#define TAPE_SKIPPABLE_OWN  0x184D2A53u /* everything of ours that zstd must not print */
#define TAPE_SKIPPABLE_SEEK 0x184D2A5Eu /* the seek table of zstd's seekable format */
#define TAPE_SEEKABLE_MAGIC 0x8F92EAB1u /* last four bytes of a complete segment */

#define TAPE_MAGIC_SEGMENT "SOCKTAPE"
#define TAPE_MAGIC_BLOCK   "STBLOCK\n"
#define TAPE_MAGIC_INDEX   "STINDEX\n"

/* Grows only when older readers can't read the file at all. */
#define TAPE_VERSION 1

/* Bits of incompatible_features: a reader that meets one it doesn't know must refuse the file. */
#define TAPE_INCOMPATIBLE_KNOWN 0u

/* No block is larger than this before or after compression; a reader refuses more. */
#define TAPE_BLOCK_MAX (64u << 20)
/* No single event is larger than this. */
#define TAPE_EVENT_MAX (16u << 20)
/* No frame of ours that stands before a block is larger, however it grows. */
#define TAPE_HEADER_MAX 512u

/* Begins a skippable frame. LEN counts what follows these eight bytes. */
struct tape_skippable {
	uint32_t magic;
	uint32_t len;
};
static_assert(sizeof(struct tape_skippable) == 8, "on-disk size");

/* Begins every frame of ours, so that a reader can check and skip one whose magic it doesn't know.
 */
struct tape_frame {
	struct tape_skippable skippable;
	char magic[8];
	uint32_t crc; /* CRC-32 (zlib's) of the whole skippable frame with this field as zero */
	uint32_t reserved;
};
static_assert(sizeof(struct tape_frame) == 24, "on-disk size");

/* The first frame of a segment. */
struct tape_segment_header {
	struct tape_skippable skippable;
	char magic[8];
	uint32_t crc;
	uint16_t version;
	uint16_t reserved;
	uint32_t compatible_features;
	uint32_t incompatible_features;
	uint8_t recording_id[16]; /* random, the same in every segment of a recording */
	uint64_t segment;	  /* 1 for the first of the recording */
	int64_t created_monotonic;
	int64_t created_realtime; /* ns since the epoch */
};
static_assert(sizeof(struct tape_segment_header) == 72, "on-disk size");

/* Bits of tape_block_header.flags. */
#define TAPE_BLOCK_SNAPSHOT 1u /* every event in it has TAPE_FLAG_SNAPSHOT */

/* Size of the first version's block header and index entry: what is behind it may be missing. */
#define TAPE_BLOCK_HEADER_MIN 160u
#define TAPE_INDEX_ENTRY_MIN  168u

/*
 * Stands before each zstd frame of events. It names its recording and segment because a recorded
 * payload may hold a segment file: a reader that looks for the next block after some damage must
 * not take that one's blocks for its own.
 */
struct tape_block_header {
	struct tape_skippable skippable;
	char magic[8];
	uint32_t crc;
	uint32_t flags;
	uint32_t compressed_len; /* of the zstd frame that follows */
	uint32_t raw_len;	 /* of the events in it */
	uint32_t compressed_crc; /* CRC-32 of the zstd frame */
	uint32_t event_count;	 /* FLOW and TIME not counted */
	uint8_t recording_id[16];
	uint64_t segment;
	uint64_t block;	 /* 0 for the first of the segment, then by one */
	int64_t ts_base; /* the first event's time counts from here; monotonic ns */
	int64_t ts_min;	 /* earliest and latest time of an event in the block */
	int64_t ts_max;
	uint64_t data_events; /* events of type DATA */
	uint64_t data_bytes;  /* payload bytes kept in them */
	uint64_t lost_events; /* sums over the LOSS events of the block */
	uint64_t lost_bytes;
	uint64_t conn_filter[4]; /* bit (id mod 256) is set for every connection id in the block */
	uint64_t process_filter[4]; /* the same of every process id but 0 */
	uint32_t event_types;	    /* bit n is set when the block has an event of type n */
	int32_t level;		    /* zstd's, that it was compressed with */
	int64_t realtime_base;	    /* wall clock at ts_base; 0 when unknown */
};
static_assert(sizeof(struct tape_block_header) == 208, "on-disk size");

/* Near the end of a complete segment: where the blocks are. A shortcut; can be rebuilt. */
struct tape_index_header {
	struct tape_skippable skippable;
	char magic[8];
	uint32_t crc;
	uint32_t entry_len;
	uint64_t entry_count;
	/* entries follow */
};
static_assert(sizeof(struct tape_index_header) == 32, "on-disk size");

struct tape_index_entry {
	uint64_t offset; /* of the block header in the file */
	struct tape_block_header header;
};
static_assert(sizeof(struct tape_index_entry) == 216, "on-disk size");

/*
 * The last frame of a complete segment is the seek table of zstd's seekable format 0.1.0: struct
 * tape_skippable with TAPE_SKIPPABLE_SEEK, struct tape_seek_entry for every other frame of the file
 * in order, struct tape_seek_footer.
 */
struct tape_seek_entry {
	uint32_t compressed_len;
	uint32_t raw_len; /* 0 for a skippable frame */
};
static_assert(sizeof(struct tape_seek_entry) == 8, "on-disk size");

struct tape_seek_footer {
	uint32_t frames;
	uint8_t descriptor; /* bit 7: entries have checksums; they haven't, so 0 */
	uint32_t magic;	    /* TAPE_SEEKABLE_MAGIC */
} __attribute__((packed));
static_assert(sizeof(struct tape_seek_footer) == 9, "on-disk size");

/* Event types. A reader skips those it doesn't know. */
enum tape_type {
	TAPE_CLOCK = 1,
	TAPE_HOST = 2,
	TAPE_PROCESS = 3,
	TAPE_PROCESS_EXIT = 4,
	TAPE_CONN = 5,
	TAPE_CLOSE = 6,
	TAPE_FLOW = 7,
	TAPE_DATA = 8,
	TAPE_LOSS = 9,
	TAPE_SECRET = 10,
	TAPE_TIME = 11,
	TAPE_STATE = 12,
	TAPE_TOTALS = 13,
	TAPE_TLS = 14,
	TAPE_LIBRARY = 15,
};

/*
 * Begins every event. The next event starts at the next multiple of 8 after `len` bytes.
 *
 * The order of the fields is measured: with what varies first, then what repeats, then the
 * payload, zstd level 1 finds one match per event (3.9 bytes an event for a Redis load, against
 * 10.8 for a plain 64-byte header).
 */
struct tape_event {
	int32_t ts_delta; /* ns since the event before it in the block (or since ts_base) */
	uint32_t flow;	  /* DATA: which FLOW of this block, counted from 0; else 0 */
	uint32_t len;	  /* exact size of the event, this header included */
	uint8_t type;	  /* enum tape_type */
	uint8_t head;	/* size of header + fixed part in units of 8 bytes; the rest is variable */
	uint16_t flags; /* by type */
};
static_assert(sizeof(struct tape_event) == 16, "on-disk size");

/* flags of every type but DATA and FLOW */
#define TAPE_FLAG_SNAPSHOT 1u /* repeats what an earlier segment said */

/* TIME: sets the time for the events that follow, where a ts_delta is too small for the jump. */
struct tape_time {
	struct tape_event event;
	int64_t ts;
};
static_assert(sizeof(struct tape_time) == 24, "on-disk size");

/* CLOCK: the event's time in another clock. */
struct tape_clock {
	struct tape_event event;
	int64_t realtime; /* ns since the epoch */
	int64_t boottime; /* CLOCK_BOOTTIME, ns; 0 when unknown */
};
static_assert(sizeof(struct tape_clock) == 32, "on-disk size");

/* HOST: who recorded. Variable part: the strings, in the order of their lengths. */
struct tape_host {
	struct tape_event event;
	uint32_t cpus;
	uint32_t page_size;
	uint16_t hostname_len;
	uint16_t kernel_len;
	uint16_t machine_len;
	uint16_t boot_id_len;
	uint16_t recorder_len;
	uint16_t options_len;
	uint32_t reserved;
	uint64_t blind; /* bit n is set for enum blind_spot n */
};
static_assert(sizeof(struct tape_host) == 48, "on-disk size");

/* PROCESS: again when something in it changes (exec). Variable part: the strings in order. */
struct tape_process {
	struct tape_event event;
	uint32_t pid;
	uint32_t ppid;
	uint32_t uid;
	uint32_t gid;
	int64_t start_ts; /* monotonic ns; with pid it names a process for ever */
	uint16_t name_len;
	uint16_t exe_len;
	uint16_t cmdline_len; /* arguments, each ended by a zero byte */
	uint16_t user_len;
	uint16_t cgroup_len;
	uint16_t container_len;
	uint32_t reserved;
};
static_assert(sizeof(struct tape_process) == 56, "on-disk size");

struct tape_process_exit {
	struct tape_event event;
	uint32_t pid;
	int32_t status; /* as wait(2) gives it; -1 when unknown */
};
static_assert(sizeof(struct tape_process_exit) == 24, "on-disk size");

/* An address of any family. */
struct tape_address {
	uint8_t family; /* enum address_family */
	uint8_t reserved;
	uint16_t port; /* host order */
	uint32_t scope;
	uint8_t ip[16]; /* IPv4 in the first four bytes; network order */
};
static_assert(sizeof(struct tape_address) == 24, "on-disk size");

/* CONN: a connection is opened or first seen, or its addresses became known. */
struct tape_conn {
	struct tape_event event;
	uint64_t conn;
	uint64_t inode;
	int64_t opened_ts; /* when it was opened, or first seen */
	struct tape_address local;
	struct tape_address remote;
	uint64_t sent; /* positions when this was written */
	uint64_t received;
	uint32_t netns;
	uint32_t pid;
	int32_t fd;
	uint8_t transport; /* enum transport */
	uint8_t role;	   /* enum role, of the recorded process */
	uint8_t origin;	   /* enum conn_origin */
	uint8_t reserved;
	uint16_t local_path_len; /* Unix sockets; an abstract name begins with a zero byte */
	uint16_t remote_path_len;
	uint32_t reserved2;
	int64_t established_ts; /* 0 when unknown, as the next */
	int64_t state_ts;
	uint8_t state;	  /* enum conn_state */
	uint8_t state_by; /* enum conn_end */
	uint16_t error;	  /* enum conn_error */
	uint32_t reserved3;
};
static_assert(sizeof(struct tape_conn) == 152, "on-disk size");

struct tape_close {
	struct tape_event event;
	uint64_t conn;
	uint64_t sent; /* final positions */
	uint64_t received;
};
static_assert(sizeof(struct tape_close) == 40, "on-disk size");

/* FLOW: what the DATA events that name it have in common. Valid to the end of the block. */
struct tape_flow {
	struct tape_event event;
	uint64_t conn;
	uint32_t pid;
	uint32_t tid;
	int32_t fd;
	uint8_t call;	   /* enum call */
	uint8_t direction; /* enum direction */
	uint8_t layer;	   /* enum layer */
	uint8_t reserved;
};
static_assert(sizeof(struct tape_flow) == 40, "on-disk size");

/*
 * DATA: the header, then, as the flags say and in this order:
 *   TAPE_DATA_POSITION  u64, where the first byte stands in its stream; absent when it continues
 *                       the event before it of the same flow in this block
 *   TAPE_DATA_LENGTH    u64, what the application moved; absent when all of it was kept
 *   TAPE_DATA_PEER      struct tape_address, the other end of this datagram
 *   TAPE_DATA_BEGIN     u64, for how many ns the call had been going on at the event's time
 * All these count in `head`; the payload is the variable part.
 */
#define TAPE_DATA_POSITION  1u
#define TAPE_DATA_LENGTH    2u
#define TAPE_DATA_PEER	    4u
#define TAPE_DATA_BEGIN	    8u
#define TAPE_DATA_CUT_SHIFT 8u /* bits 8 to 11: enum cut, why the payload is shorter */
#define TAPE_DATA_CUT_MASK  0xf00u

/* flags of LOSS */
#define TAPE_LOSS_POSITION  2u /* `position` means something */
#define TAPE_LOSS_ELSEWHERE 4u /* may have hit only what was not to be recorded */

/* LOSS: what could not be kept, and why. */
struct tape_loss {
	struct tape_event event;
	uint64_t conn; /* 0 when unknown */
	uint64_t events;
	uint64_t bytes;
	int64_t since; /* it happened between this and the event's time */
	uint8_t cause; /* enum loss_cause */
	uint8_t direction;
	uint8_t layer;
	uint8_t reserved[5];
	uint64_t position; /* in the stream, of the first byte that is missing */
};
static_assert(sizeof(struct tape_loss) == 64, "on-disk size");

/* SECRET: one line of the NSS key log format, as its variable part. */
struct tape_secret {
	struct tape_event event;
	uint64_t conn; /* 0 when unknown */
};
static_assert(sizeof(struct tape_secret) == 24, "on-disk size");

/* STATE: a connection changes its state. */
struct tape_state {
	struct tape_event event;
	uint64_t conn;
	uint8_t state;	/* enum conn_state */
	uint8_t by;	/* enum conn_end */
	uint16_t error; /* enum conn_error */
	uint32_t reserved;
};
static_assert(sizeof(struct tape_state) == 32, "on-disk size");

/* TOTALS: the recorder's account since the recording began; the last one counts. */
struct tape_totals {
	struct tape_event event;
	uint64_t moved_bytes;
	uint64_t kept_bytes;
	uint64_t lost_events;
	uint64_t lost_bytes;
	uint64_t cut_bytes;
	uint64_t snaplen_bytes;
	uint64_t data_events;
	uint64_t connections;
};
static_assert(sizeof(struct tape_totals) == 80, "on-disk size");

/* TLS: the plaintext of a connection is recorded. */
struct tape_tls {
	struct tape_event event;
	uint64_t conn;
	uint64_t object; /* address in the process */
	uint64_t sent;	 /* positions of the plaintext when this was written */
	uint64_t received;
	uint32_t pid;
	uint32_t library; /* of a LIBRARY; 0 when unknown */
	uint8_t tie;	  /* enum tls_tie */
	uint8_t reserved[7];
	uint8_t random[32]; /* of the ClientHello; zero when unknown */
};
static_assert(sizeof(struct tape_tls) == 96, "on-disk size");

/* LIBRARY: a TLS library in a process. Variable part: the strings in order. */
struct tape_library {
	struct tape_event event;
	uint32_t library;
	uint32_t pid;
	uint8_t kind; /* enum tls_library */
	uint8_t hook; /* enum tls_hook */
	uint16_t path_len;
	uint16_t build_id_len;
	uint16_t version_len;
	uint16_t note_len;
	uint8_t reserved[6];
};
static_assert(sizeof(struct tape_library) == 40, "on-disk size");

#endif
