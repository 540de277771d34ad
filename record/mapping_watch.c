/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/mapping_watch.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of each processor: room for some hundred mappings. A power of two, and of whole pages. */
#define RING_BYTES (64 << 10)

/* The longest record there can be: its length has 16 bits. */
#define RECORD_MAX (64 << 10)

struct ring {
	int fd;				      /* -1: the processor is offline */
	struct perf_event_mmap_page *control; /* the page before the records */
};

struct mapping_watch {
	struct ring *rings;
	int count;
	size_t page;
	uint8_t record[RECORD_MAX]; /* one that wraps around the end of its ring */
};

/* include/uapi/linux/perf_event.h: PERF_RECORD_MMAP2, as it is without build id. */
struct mmap2 {
	struct perf_event_header header;
	uint32_t pid;
	uint32_t tid;
	uint64_t addr;
	uint64_t len;
	uint64_t pgoff; /* in bytes */
	uint32_t major;
	uint32_t minor;
	uint64_t inode;
	uint64_t generation;
	uint32_t prot;
	uint32_t flags;
	char path[]; /* zero-terminated, filled up with zeroes */
};

static int event_open(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1, /* of executable memory */
		.mmap2 = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool ring_open(struct ring *ring, int cpu, size_t page)
{
	void *memory;

	ring->fd = event_open(cpu);
	if (ring->fd < 0)
		return errno == ENODEV;
	memory = mmap(NULL, page + RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (memory == MAP_FAILED)
		return false;
	ring->control = memory;
	return true;
}

struct mapping_watch *mapping_watch_new(void)
{
	struct mapping_watch *watch = calloc(1, sizeof(*watch));
	int count = (int)sysconf(_SC_NPROCESSORS_CONF);
	int error;

	if (!watch)
		return NULL;
	watch->page = (size_t)sysconf(_SC_PAGESIZE);
	watch->rings = calloc((size_t)count, sizeof(*watch->rings));
	while (watch->rings && watch->count < count) {
		struct ring *ring = &watch->rings[watch->count++];

		if (!ring_open(ring, watch->count - 1, watch->page))
			goto failed;
	}
	if (watch->rings)
		return watch;
failed:
	error = errno;
	mapping_watch_free(watch);
	errno = error;
	return NULL;
}

/* LEN bytes of the ring from AT on in one piece. */
static const void *ring_piece(struct mapping_watch *watch, const struct ring *ring, uint64_t at,
			      size_t len)
{
	const uint8_t *data = (const uint8_t *)ring->control + watch->page;
	size_t begin = at % RING_BYTES;
	size_t first = RING_BYTES - begin;

	if (len <= first)
		return data + begin;
	memcpy(watch->record, data + begin, first);
	memcpy(watch->record + first, data, len - first);
	return watch->record;
}

static void mmap2_tell(const struct mmap2 *record, mapping_watch_fn *tell, void *context)
{
	const struct mapped mapped = {
		.pid = record->pid,
		.begin = record->addr,
		.len = record->len,
		.offset = record->pgoff,
		.device = (uint64_t)record->major << 20 | record->minor,
		.inode = record->inode,
		.path = record->path,
	};
	size_t room = record->header.size;

	if (room <= sizeof(*record) || !memchr(record->path, '\0', room - sizeof(*record)))
		return;
	/* Memory of no file has no inode. */
	if (mapped.inode)
		tell(context, &mapped);
}

static bool ring_look(struct mapping_watch *watch, struct ring *ring, mapping_watch_fn *tell,
		      void *context)
{
	uint64_t head = __atomic_load_n(&ring->control->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->control->data_tail;
	bool complete = true;

	while (head - tail >= sizeof(struct perf_event_header)) {
		const struct perf_event_header *header = ring_piece(watch, ring, tail,
								    sizeof(*header));
		size_t len = header->size;

		if (len < sizeof(*header) || len > head - tail) {
			/* Not to be understood from here on. */
			complete = false;
			tail = head;
			break;
		}
		header = ring_piece(watch, ring, tail, len);
		if (header->type == PERF_RECORD_MMAP2)
			mmap2_tell((const struct mmap2 *)header, tell, context);
		else if (header->type == PERF_RECORD_LOST)
			complete = false;
		tail += len;
	}
	__atomic_store_n(&ring->control->data_tail, tail, __ATOMIC_RELEASE);
	return complete;
}

bool mapping_watch_look(struct mapping_watch *watch, mapping_watch_fn *tell, void *context)
{
	bool complete = true;

	for (int i = 0; i < watch->count; i++)
		if (watch->rings[i].control && !ring_look(watch, &watch->rings[i], tell, context))
			complete = false;
	return complete;
}

void mapping_watch_free(struct mapping_watch *watch)
{
	if (!watch)
		return;
	for (int i = 0; i < watch->count; i++) {
		if (watch->rings[i].control)
			munmap(watch->rings[i].control, watch->page + RING_BYTES);
		if (watch->rings[i].fd >= 0)
			close(watch->rings[i].fd);
	}
	free(watch->rings);
	free(watch);
}
