/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

/*
 * crowd PROCESSES EACH FILE...: as many processes that sleep, each of which has mapped the code of
 * EACH of the files, as libraries are. Prints "ready" when they are there; they end with it.
 */
static int sleep_with(const int *files, int count, int first, int each)
{
	struct stat st;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < each; i++) {
		int fd = files[(first + i) % count];

		if (fstat(fd, &st) != 0 || mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_EXEC,
						MAP_PRIVATE, fd, 0) == MAP_FAILED)
			_exit(1);
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int processes = argc > 3 ? atoi(argv[1]) : 0;
	int each = argc > 3 ? atoi(argv[2]) : 0;
	int count = argc - 3;
	int *files;

	if (processes <= 0 || each <= 0)
		return 1;
	files = calloc((size_t)count, sizeof(*files));
	if (!files)
		return 1;
	for (int i = 0; i < count; i++) {
		files[i] = open(argv[i + 3], O_RDONLY | O_CLOEXEC);
		if (files[i] < 0) {
			perror(argv[i + 3]);
			return 1;
		}
	}
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (!pid)
			return sleep_with(files, count, i * 7 % count, each);
	}
	puts("ready");
	fflush(stdout);
	/* One that couldn't map its files has ended. */
	while (wait(NULL) > 0)
		fputs("one is gone\n", stderr);
	return 1;
}
