/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "format/map.h"
#include "record/clock.h"
#include "record/mappings.h"

/* Files that are remembered to hold no library; beyond them all are looked at again. */
#define LOOKED_MAX (256u << 10)

/* Larger files aren't looked at: their symbols alone would take seconds. */
#define FILE_LEN_MAX (INT64_C(4) << 30)

#define LD_CACHE     "/etc/ld.so.cache"
#define LD_CACHE_MAX (16u << 20)

struct tls_files {
	struct hooks *hooks;
	struct tls_wanted wanted;
	struct tls_file **files; /* by number, less 1 */
	uint32_t count;
	uint32_t capacity;
	struct map by_inode; /* struct tls_file */
	struct map looked;   /* the same, of files without any: points to the table itself */
};

struct tls_files *tls_files_new(struct hooks *hooks, struct tls_wanted wanted)
{
	struct tls_files *files = calloc(1, sizeof(*files));

	if (files)
		*files = (struct tls_files){.hooks = hooks, .wanted = wanted};
	return files;
}

/* Inode numbers of a file system with many bits are rare; two of different ones must not be one. */
static uint64_t inode_key(uint64_t device, uint64_t inode)
{
	return inode * UINT64_C(0x9e3779b97f4a7c15) ^ device;
}

static uint64_t file_key(const struct stat *st)
{
	return inode_key((uint64_t)major(st->st_dev) << 20 | minor(st->st_dev), st->st_ino);
}

static bool file_keep(struct tls_files *files, struct tls_file *file)
{
	if (files->count == files->capacity) {
		uint32_t capacity = files->capacity ? files->capacity * 2 : 16;
		struct tls_file **grown = realloc(files->files,
						  capacity * sizeof(struct tls_file *));

		if (!grown)
			return false;
		files->files = grown;
		files->capacity = capacity;
	}
	files->files[files->count++] = file;
	file->number = files->count;
	return true;
}

/* WHY stands behind what HOOK says; "": that says all. */
static void file_leave(struct tls_file *file, enum tls_hook hook, const char *why)
{
	file->found.hook = hook;
	buffer_clear(&file->found.note);
	buffer_append_text(&file->found.note, why);
}

static void file_hook(struct tls_files *files, int fd, struct tls_file *file)
{
	int error;

	if (!tls_found_points(&file->found))
		return;
	if (files->wanted.hook == TLS_HOOK_OFF) {
		file_leave(file, TLS_HOOK_OFF, "");
		return;
	}
	if (!files->hooks) {
		file_leave(file, TLS_HOOK_REFUSED, "Linux 5.15 or later is needed");
		return;
	}
	error = hooks_add(files->hooks, fd, file->number, &file->found);
	if (!error)
		file->hooked = clock_monotonic();
	else
		file_leave(file, error == -E2BIG ? TLS_HOOK_LIMIT : TLS_HOOK_REFUSED,
			   error == -EOPNOTSUPP ? "Linux 6.5 or later is needed"
						: strerror(-error));
}

static void file_free(struct tls_file *file)
{
	tls_found_free(&file->found);
	free(file->path);
	free(file);
}

static void looked_add(struct tls_files *files, uint64_t key)
{
	if (files->looked.count >= LOOKED_MAX)
		map_free(&files->looked);
	map_put(&files->looked, key, files);
}

/* CRYPTO_FD may be -1. */
static struct tls_file *file_look(struct tls_files *files, int fd, const char *path, int crypto_fd)
{
	struct tls_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	if (!tls_find(fd, files->wanted, &file->found)) {
		file_free(file);
		return NULL;
	}
	if (file->found.wants_crypto)
		tls_find_version(crypto_fd, &file->found);
	file->path = strdup(path);
	if (!file->path || !file_keep(files, file)) {
		file_free(file);
		return NULL;
	}
	file_hook(files, fd, file);
	return file;
}

/* The file that FD has open: found before, or looked at now. */
static struct tls_file *file_get(struct tls_files *files, int fd, const char *path, int crypto_fd)
{
	struct tls_file *file;
	struct stat st;
	uint64_t key;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_LEN_MAX)
		return NULL;
	key = file_key(&st);
	file = map_get(&files->by_inode, key);
	if (file || map_get(&files->looked, key))
		return file;
	file = file_look(files, fd, path, crypto_fd);
	if (!file)
		looked_add(files, key);
	else
		map_put(&files->by_inode, key, file);
	return file;
}

bool tls_files_known(const struct tls_files *files, const struct mapping *mapping,
		     const struct tls_file **file)
{
	uint64_t key = inode_key(mapping->device, mapping->inode);

	*file = map_get(&files->by_inode, key);
	return *file || map_get(&files->looked, key);
}

const struct tls_file *tls_files_mapping(struct tls_files *files, uint32_t pid,
					 const struct mapping *mapping,
					 const struct mapping *crypto)
{
	uint64_t key = inode_key(mapping->device, mapping->inode);
	const struct tls_file *known;
	struct tls_file *file;
	int crypto_fd;
	int fd;

	if (tls_files_known(files, mapping, &known))
		return known;
	fd = mapping_open(pid, mapping);
	if (fd < 0)
		return NULL;
	crypto_fd = crypto ? mapping_open(pid, crypto) : -1;
	file = file_get(files, fd, mapping->path, crypto_fd);
	close(fd);
	if (crypto_fd >= 0)
		close(crypto_fd);
	/* Overlay file systems show another device in mappings: remember that name, too. */
	if (!file)
		looked_add(files, key);
	else
		map_put(&files->by_inode, key, file);
	return file;
}

/* "/dir/libssl.so.3" has its "/dir/libcrypto.so.3". */
static int crypto_beside(const char *path)
{
	const char *name = strrchr(path, '/');
	char beside[PATH_MAX];
	const char *ssl = name ? strstr(name, "libssl") : NULL;

	if (!ssl || snprintf(beside, sizeof(beside), "%.*slibcrypto%s", (int)(ssl - path), path,
			     ssl + strlen("libssl")) >= (int)sizeof(beside))
		return -1;
	return open(beside, O_RDONLY | O_CLOEXEC);
}

const struct tls_file *tls_files_path(struct tls_files *files, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const struct tls_file *file;
	int crypto_fd;

	if (fd < 0)
		return NULL;
	crypto_fd = crypto_beside(path);
	file = file_get(files, fd, path, crypto_fd);
	close(fd);
	if (crypto_fd >= 0)
		close(crypto_fd);
	return file;
}

static bool names_tls(const char *path)
{
	static const char *const names[] = {"/libssl", "/libgnutls.", "/libnspr", "/libmbedtls",
					    "/libwolfssl"};
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void cache_look(struct tls_files *files)
{
	int fd = open(LD_CACHE, O_RDONLY | O_CLOEXEC);
	char *text = fd >= 0 ? malloc(LD_CACHE_MAX) : NULL;
	ssize_t len = text ? read(fd, text, LD_CACHE_MAX - 1) : 0;

	if (len > 0)
		text[len] = '\0';
	/* Its paths are terminated texts, in every version of its format. */
	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(text + at) + 1)
		if (text[at] == '/' && names_tls(text + at))
			tls_files_path(files, text + at);
	free(text);
	if (fd >= 0)
		close(fd);
}

static void directory_look(struct tls_files *files, const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	char file[PATH_MAX];

	while (directory && (entry = readdir(directory)))
		if (strstr(entry->d_name, ".so") &&
		    snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) <
			    (int)sizeof(file) &&
		    names_tls(file))
			tls_files_path(files, file);
	if (directory)
		closedir(directory);
}

void tls_files_system(struct tls_files *files)
{
	/* ld.so(8), and musl's, which has no cache. */
	static const char *const directories[] = {"/lib", "/usr/lib", "/lib64", "/usr/lib64",
						  "/usr/local/lib"};

	cache_look(files);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		directory_look(files, directories[i]);
}

const struct tls_file *tls_files_get(const struct tls_files *files, uint32_t number)
{
	return number && number <= files->count ? files->files[number - 1] : NULL;
}

void tls_files_detach(struct tls_files *files)
{
	files->hooks = NULL;
}

uint32_t tls_files_count(const struct tls_files *files)
{
	return files->count;
}

void tls_files_free(struct tls_files *files)
{
	if (!files)
		return;
	for (uint32_t i = 0; i < files->count; i++)
		file_free(files->files[i]);
	free(files->files);
	map_free(&files->by_inode);
	map_free(&files->looked);
	free(files);
}
