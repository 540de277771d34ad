/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Without a lock, a file that didn't grow for so long is taken for complete. */
#define PATIENCE_NS (3 * 1000000000ll)

/* So much is taken out of a pipe at once. */
#define STEP (256u << 10)

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* ---- files ---- */

struct live {
	uint64_t size;	 /* when it was last looked at */
	ino_t inode;	 /* of which file */
	int64_t changed; /* when it was found to be another */
};

struct live *live_new(void)
{
	return calloc(1, sizeof(struct live));
}

static bool is_locked(int fd)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Whether it may grow beyond what ST says, which is asked after its writer is. */
static bool look(struct live *live, int fd, struct stat *st)
{
	bool locked = is_locked(fd);

	if (fstat(fd, st) < 0)
		return false;
	if (live->inode != st->st_ino || live->size != (uint64_t)st->st_size) {
		live->inode = st->st_ino;
		live->size = (uint64_t)st->st_size;
		live->changed = now();
	}
	return locked || now() - live->changed < PATIENCE_NS;
}

bool live_grow(struct live *live, int fd, uint64_t *size)
{
	struct stat st = {0};
	bool may = look(live, fd, &st);

	if (st.st_size > 0)
		*size = (uint64_t)st.st_size;
	return may;
}

bool live_awaits(struct live *live, const char *path, uint64_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool may;

	if (fd < 0)
		return false;
	may = look(live, fd, &st) && (uint64_t)st.st_size < len;
	close(fd);
	return may;
}

void live_free(struct live *live)
{
	free(live);
}

/* ---- a pipe ---- */

struct pipe {
	int fd;
	struct buffer data; /* from BASE on */
	uint64_t base;
	int64_t last; /* when something came; */
	bool ending;  /* counts once this is true */
	bool ended;
	int error; /* errno of what ended it */
};

/* Waits so long for more, in ms; -1: until it comes. */
static void take(struct pipe *s, int wait)
{
	struct pollfd ready = {.fd = s->fd, .events = POLLIN};
	ssize_t n = -1;
	char *to;

	if (s->ended || poll(&ready, 1, wait) == 0)
		return;
	to = buffer_reserve(&s->data, STEP);
	if (to)
		n = read(s->fd, to, STEP);
	if (n > 0) {
		s->data.len += (size_t)n;
		s->last = now();
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		s->error = n < 0 ? errno : 0;
		s->ended = true;
	}
}

struct pipe *pipe_new(int fd, struct span begin, size_t len)
{
	struct pipe *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = fd;
	buffer_append_span(&s->data, begin);
	while (!s->ended && s->data.len < len)
		take(s, -1);
	return s;
}

static int64_t read_pipe(void *context, uint64_t offset, void *data, size_t len)
{
	const struct pipe *s = context;
	size_t at = (size_t)(offset - s->base);

	if (offset < s->base || s->data.failed || s->error) {
		errno = s->error ? s->error : ENOMEM;
		return -1;
	}
	if (at >= s->data.len)
		return 0;
	if (len > s->data.len - at)
		len = s->data.len - at;
	memcpy(data, s->data.data + at, len);
	return (int64_t)len;
}

static bool grow_pipe(void *context, uint64_t *size)
{
	struct pipe *s = context;

	take(s, 0);
	if (s->ending && now() - s->last > PATIENCE_NS)
		s->ended = true;
	*size = s->base + s->data.len;
	return !s->ended;
}

/* What is kept is moved: only when that is less than what goes. */
static void forget(void *context, uint64_t offset)
{
	struct pipe *s = context;
	size_t gone = offset > s->base ? (size_t)(offset - s->base) : 0;

	if (gone < STEP || gone < s->data.len / 2)
		return;
	if (gone > s->data.len)
		gone = s->data.len;
	buffer_consume(&s->data, gone);
	s->base += gone;
}

struct source pipe_source(struct pipe *pipe)
{
	return (struct source){
		.read = read_pipe,
		.grow = grow_pipe,
		.forget = forget,
		.size = pipe->base + pipe->data.len,
		.context = pipe,
	};
}

void pipe_end(struct pipe *pipe)
{
	pipe->ending = true;
	pipe->last = now();
}

void pipe_free(struct pipe *pipe)
{
	if (pipe)
		buffer_free(&pipe->data);
	free(pipe);
}
