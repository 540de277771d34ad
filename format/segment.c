/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/segment.h"

enum tape_error segment_begin(struct segment *segment, int directory, int stream,
			      const struct writer_options *options)
{
	enum tape_error error = TAPE_OK;

	*segment = (struct segment){.output.fd = -1};
	if (stream)
		output_open_stream(&segment->output, stream);
	else
		error = output_open(&segment->output, directory, options->segment,
				    options->created_realtime);
	if (error)
		return error;
	error = writer_new(output_sink(&segment->output), options, &segment->writer);
	if (error)
		segment_discard(segment);
	return error;
}

uint64_t segment_len(const struct segment *segment)
{
	return segment->writer ? writer_totals(segment->writer)->file_bytes : 0;
}

bool segment_used(const struct segment *segment)
{
	return writer_totals(segment->writer)->blocks > segment->head_blocks;
}

enum tape_error segment_end(struct segment *segment)
{
	enum tape_error error = writer_finish(segment->writer);

	return error ? error : output_complete(&segment->output);
}

static void release(struct segment *segment)
{
	writer_free(segment->writer);
	segment->writer = NULL;
}

void segment_close(struct segment *segment)
{
	if (!segment->writer)
		return;
	release(segment);
	output_close(&segment->output);
}

void segment_discard(struct segment *segment)
{
	release(segment);
	output_discard(&segment->output);
}
