/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void boot_id_read(char *text, size_t size)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, size - 1) : 0;

	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static void quote(struct buffer *to, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./:,=+@%";

	if (*word && word[strspn(word, plain)] == '\0') {
		buffer_append_text(to, word);
		return;
	}
	buffer_append_char(to, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buffer_append_text(to, "'\\''");
		else
			buffer_append_char(to, *word);
	buffer_append_char(to, '\'');
}

void host_read(struct host *host, char *const *argv)
{
	*host = (struct host){0};
	uname(&host->name);
	boot_id_read(host->boot_id, sizeof(host->boot_id));
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			buffer_append_char(&host->options, ' ');
		quote(&host->options, argv[i]);
	}
	/* The length in the file has 16 bits. */
	if (host->options.len > UINT16_MAX)
		host->options.len = UINT16_MAX;
}

void host_event(const struct host *host, struct event *event)
{
	*event = (struct event){
		.type = EVENT_HOST,
		.host =
			{
				.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
				.page_size = (uint32_t)sysconf(_SC_PAGESIZE),
				.hostname = span_text(host->name.nodename),
				.kernel = span_text(host->name.release),
				.machine = span_text(host->name.machine),
				.boot_id = span_text(host->boot_id),
				.recorder = span_text("socktape-record " SOCKTAPE_VERSION),
				.options = buffer_span(&host->options),
			},
	};
}

void host_free(struct host *host)
{
	buffer_free(&host->options);
}
