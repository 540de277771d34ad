/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/file_private.h"

#include <stdlib.h>

#define MAGIC_LEN 12u /* pcapng's byte-order magic ends there; no capture is shorter */

enum tape_error capture_file_new(struct capture_input *in, struct capture_file **result)
{
	struct capture_file *file = calloc(1, sizeof(*file));
	const uint8_t *head = capture_input_peek(in, MAGIC_LEN);
	enum tape_error error = TAPE_OK;

	*result = file;
	if (!file) {
		capture_input_free(in);
		return TAPE_ERROR_MEMORY;
	}
	file->in = in;
	if (!head)
		error = capture_input_peek(in, 1) ? TAPE_ERROR_NOT_A_CAPTURE : TAPE_ERROR_EMPTY;
	else if (!pcap_recognise(file, head) && !pcapng_recognise(file, head))
		error = TAPE_ERROR_NOT_A_CAPTURE;
	if (error) {
		capture_file_free(file);
		*result = NULL;
	}
	return error;
}

bool capture_file_next(struct capture_file *file, struct capture_item *item)
{
	if (file->next(file, item))
		return true;
	if (capture_input_broken(file->in) && !file->damage.what) {
		file->damage.what = "compressed data";
		file->damage.offset = capture_input_offset(file->in);
		file->damage.only_the_end = true;
	}
	return false;
}

bool capture_file_resync(struct capture_file *file, const char *what,
			 bool (*fits)(const struct capture_file *file))
{
	uint64_t from = capture_input_offset(file->in);
	bool found = false;

	if (!file->damage.what) {
		file->damage.what = what;
		file->damage.offset = from;
	}
	while (!found && capture_input_peek(file->in, 1)) {
		capture_input_skip(file->in, 1);
		found = fits(file);
	}
	file->damage.bytes += capture_input_offset(file->in) - from;
	return found;
}

const struct capture_damage *capture_file_damage(const struct capture_file *file)
{
	return &file->damage;
}

const struct capture_input *capture_file_input(const struct capture_file *file)
{
	return file->in;
}

void capture_file_free(struct capture_file *file)
{
	if (!file)
		return;
	capture_input_free(file->in);
	free(file->pcapng.interfaces);
	free(file);
}
