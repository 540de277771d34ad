/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal terminal_find(void)
{
	const char *no_colour = getenv("NO_COLOR");
	struct terminal t = {.present = isatty(STDOUT_FILENO)};
	struct winsize size = {0};

	t.colour = t.present && !(no_colour && *no_colour);
	if (t.present && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		t.width = size.ws_col;
	return t;
}

bool terminal_write(struct span text)
{
	size_t done = 0;

	while (done < text.len) {
		ssize_t n = write(STDOUT_FILENO, text.data + done, text.len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return false;
	}
	return true;
}
