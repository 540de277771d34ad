/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/background.h"
#include "record/begin.h"
#include "record/loop.h"
#include "record/options.h"
#include "record/summary.h"

enum {
	EXIT_RECORDED = 0,
	EXIT_REFUSED = 1,
	EXIT_INCOMPLETE = 2
};

static void complain(struct buffer *problem)
{
	buffer_append_char(problem, '\0');
	fprintf(stderr, "socktape-record: %s\n", problem->failed ? "out of memory" : problem->data);
	buffer_free(problem);
}

/* One line: what failed, where, and what that means for the recording. */
static void failure_print(const struct recorder *r)
{
	fprintf(stderr, "socktape-record: %s: %s; recording stopped, what is there can be read%s\n",
		recording_writer_path(r->writer),
		r->error == TAPE_ERROR_IO ? strerror(r->system_error) : tape_error_text(r->error),
		r->complete ? "" : ", and its last segment has no end");
}

/* What is not recorded, whatever happens, is told before. */
static void begin_print(const struct recorder *r)
{
	begin_say(r->options, stderr);
	summary_print_blind(programs_blind(r->programs), stderr);
}

/* Whatever is printed else, and wherever the terminal belongs to. */
static void secrets_print(const struct options *options)
{
	if (options->tls != OPTIONS_TLS_KEYS || options->quiet)
		return;
	fprintf(stderr,
		"socktape-record: --tls keys: %s will hold the SECRETS of TLS connections: who has "
		"it can decrypt them, also where others captured them\n",
		options->directory);
	if (options->snaplen != OPTIONS_SNAPLEN_ALL)
		fputs("socktape-record: --snaplen cuts TLS records, which can't be decrypted "
		      "then\n",
		      stderr);
}

/* A filter that nothing matched is often not the one that was meant. */
static void nothing_print(const struct options *options)
{
	if (!options_filtered(options))
		return;
	fprintf(stderr, "  nothing   matched: no socket call of %s\n",
		options->command ? "the command" : "the processes that were asked for");
	if (options->name_count || options->pid_count)
		fputs("    names are those in /proc/PID/comm; children need --follow\n", stderr);
	if (!options->unix_sockets)
		fputs("    Unix sockets are recorded with --unix only\n", stderr);
}

/* Where nobody reads what is printed, the recording has it. */
static void summary_keep(const struct recorder *r, const struct summary *summary)
{
	const char *directory = r->options->directory;
	int place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = place < 0 ? -1
			   : openat(place, BACKGROUND_SUMMARY_FILE,
				    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool good = file &&
		    (r->owner.uid == (uid_t)-1 || fchown(fd, r->owner.uid, r->owner.gid) == 0);

	if (file) {
		summary_print(summary, file);
		good &= !ferror(file);
		good &= fclose(file) == 0;
	} else if (fd >= 0) {
		close(fd);
	}
	if (place >= 0)
		close(place);
	if (!good)
		fprintf(stderr, "socktape-record: %s/%s: the summary could not be written: %s\n",
			directory, BACKGROUND_SUMMARY_FILE, strerror(errno));
}

static void account_print(const struct recorder *r)
{
	struct summary summary = {
		.progress = recorder_progress(r),
		.directory = r->options->directory,
		.blind = programs_blind(r->programs),
		.reason = r->stop_reason ? r->stop_reason : "recording failed",
		.talkers = r->talkers,
	};

	if ((r->options->quiet || r->options->background) && !r->options->stream)
		summary_keep(r, &summary);
	if (r->options->quiet) {
		summary_print_losses(&summary, stderr);
		return;
	}
	summary_print(&summary, stderr);
	if (!summary.progress.tally.connections && !summary.progress.account.data_events)
		nothing_print(r->options);
}

/* What a recording that has ended amounts to, and the exit status for it. */
static int conclude(struct recorder *r)
{
	bool command = r->options->command;

	if (command && command_failed(&r->command)) {
		/* It said so itself; and the same line can be typed again. */
		recorder_abandon(r);
		return command_exit_status(&r->command);
	}
	if (r->error != TAPE_OK)
		failure_print(r);
	account_print(r);
	if (command)
		return command_exit_status(&r->command);
	return r->error != TAPE_OK ? EXIT_INCOMPLETE : EXIT_RECORDED;
}

static bool begin(struct recorder *r, struct background *background, struct buffer *problem)
{
	const struct options *options = r->options;

	secrets_print(options);
	if (!options->quiet && !options->command)
		begin_print(r);
	return !options->background || background_begin(background, options->directory,
							r->owner.uid, r->owner.gid, problem);
}

static int record(const struct options *options, char *const *argv)
{
	struct background background = {-1, -1};
	struct buffer problem = {0};
	struct recorder r;
	int status;

	if (options->stream && isatty(STDOUT_FILENO)) {
		fputs("socktape-record: -o - writes a recording, and standard output is a "
		      "terminal: pipe it, as in socktape-record -o - | socktape show -\n",
		      stderr);
		return EXIT_REFUSED;
	}
	if (options->background && background_fork(&background, &status, &problem)) {
		if (problem.len)
			complain(&problem);
		return status;
	}
	if (recorder_open(&r, options, argv, &problem) && begin(&r, &background, &problem)) {
		loop_run(&r);
		status = conclude(&r);
		background_end(&background, options->directory);
	} else {
		complain(&problem);
		background_end(&background, options->directory);
		recorder_abandon(&r);
		status = EXIT_REFUSED;
	}
	recorder_close(&r);
	return status;
}

/* --probe: the answer is the exit status; the line says why. */
static int probe(const struct options *options, char *const *argv)
{
	struct buffer problem = {0};
	struct programs *programs = NULL;
	int status = EXIT_RECORDED;

	(void)argv;
	if (recorder_load(options, &programs, &problem)) {
		printf("recording is possible here, with the programs %s\n",
		       program_set_text(programs_set(programs)));
		summary_print_blind(programs_blind(programs), stdout);
	} else {
		complain(&problem);
		status = EXIT_REFUSED;
	}
	programs_free(programs);
	return status;
}

static void emit_nothing(void *context, const struct event *event)
{
	(void)context;
	(void)event;
}

static int printed(void);

/* --list-tls: hooks them, too, so that the answer is the kernel's. */
static int list_tls(const struct options *options, char *const *argv)
{
	struct buffer problem = {0};
	struct programs *programs = NULL;
	struct tls *tls = NULL;
	int status = EXIT_REFUSED;

	(void)argv;
	if (recorder_load(options, &programs, &problem)) {
		tls = tls_new(options, programs, emit_nothing, NULL);
		if (!tls)
			buffer_append_text(&problem, "out of memory");
	}
	if (tls) {
		tls_begin(tls);
		tls_list(tls, stdout);
		status = printed();
	} else {
		complain(&problem);
	}
	tls_free(tls);
	programs_free(programs);
	return status;
}

/* What to exit with after printing. */
static int printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_RECORDED;
	fputs("socktape-record: the output could not be written\n", stderr);
	return EXIT_REFUSED;
}

/* --stop: what it recorded stands in its summary. */
static int stop(const struct options *options, char *const *argv)
{
	struct buffer problem = {0};
	char *path;
	char line[256];
	FILE *file;

	(void)argv;
	if (!background_stop(options->directory, &problem)) {
		complain(&problem);
		return EXIT_REFUSED;
	}
	if (asprintf(&path, "%s/" BACKGROUND_SUMMARY_FILE, options->directory) < 0)
		return EXIT_RECORDED;
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		fputs(line, stdout);
	if (file)
		fclose(file);
	free(path);
	return printed();
}

static int completion(const struct options *options, char *const *argv)
{
	(void)argv;
	if (options_completion(options->shell, stdout))
		return printed();
	fputs("socktape-record: --completion: expected bash, zsh or fish\n", stderr);
	return EXIT_REFUSED;
}

static int help(const struct options *options, char *const *argv)
{
	(void)options;
	(void)argv;
	options_help(stdout);
	return printed();
}

static int version(const struct options *options, char *const *argv)
{
	(void)options;
	(void)argv;
	puts("socktape-record " SOCKTAPE_VERSION);
	return printed();
}

/* By enum options_action. */
static int (*const actions[])(const struct options *options, char *const *argv) = {
	[OPTIONS_RECORD] = record,	   [OPTIONS_PROBE] = probe,
	[OPTIONS_LIST_TLS] = list_tls,	   [OPTIONS_STOP] = stop,
	[OPTIONS_COMPLETION] = completion, [OPTIONS_HELP] = help,
	[OPTIONS_VERSION] = version,
};

/*
 * Blocks get memory of their own from the system and give it back one by one, whatever else is
 * allocated in between. Left alone, glibc would begin to keep them after the first.
 */
#define MMAP_THRESHOLD (512 << 10)

int main(int argc, char **argv)
{
	struct options options;
	struct buffer problem = {0};

	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	if (options_parse(argc, argv, &options, &problem))
		return actions[options.action](&options, argv);
	complain(&problem);
	return EXIT_REFUSED;
}
