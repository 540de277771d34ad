/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analyze/output/text.h"
#include "format/size.h"

/* Fewer columns than this no row fits in. */
#define WIDTH_MIN 20
#define WIDTH_MAX 10000

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

/* POSIX: COLUMNS says it better than the terminal. 0: it says nothing. */
static int columns(void)
{
	const char *text = getenv("COLUMNS");
	uint64_t n;

	return text && size_parse_number(text, &n) && n >= WIDTH_MIN && n <= WIDTH_MAX ? (int)n : 0;
}

static bool wants_ascii(void)
{
	const char *locale = getenv("LC_ALL");

	return locale && (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0);
}

struct terminal terminal_find(void)
{
	struct terminal t = {.present = isatty(STDOUT_FILENO), .width = columns()};
	struct winsize size = {0};

	t.ascii = wants_ascii();
	t.colour = !is_set("NO_COLOR") && (t.present || is_set("CLICOLOR_FORCE"));
	if (!t.width && t.present && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		t.width = size.ws_col;
	return t;
}

bool terminal_set_colour(const char *when)
{
	if (strcmp(when, "always") == 0) {
		unsetenv("NO_COLOR");
		setenv("CLICOLOR_FORCE", "1", 1);
	} else if (strcmp(when, "never") == 0) {
		setenv("NO_COLOR", "1", 1);
	} else {
		return strcmp(when, "auto") == 0;
	}
	return true;
}

bool terminal_write_text(struct buffer *text)
{
	bool good;

	if (wants_ascii())
		text_to_ascii(text);
	good = !text->failed && terminal_write(buffer_span(text));
	buffer_clear(text);
	return good;
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
