/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_ERROR_H
#define SOCKTAPE_FORMAT_ERROR_H

/*
 * Every error that the libraries return, with the words for a person.
 * Libraries return these; only main() and the commands print or exit.
 */
#define TAPE_ERRORS(X)                                                                             \
	X(TAPE_OK, "no error")                                                                     \
	X(TAPE_ERROR_IO, "the system refused an operation on a file")                              \
	X(TAPE_ERROR_MEMORY, "out of memory")                                                      \
	X(TAPE_ERROR_DISK_FULL, "no space left on the disk")                                       \
	X(TAPE_ERROR_FILE_SIZE, "the file may not grow any further (ulimit -f)")                   \
	X(TAPE_ERROR_NOT_A_TAPE, "this is not a socktape segment")                                 \
	X(TAPE_ERROR_VERSION, "written by a newer socktape, whose format this one can't read")     \
	X(TAPE_ERROR_TRUNCATED, "the file ends too early")                                         \
	X(TAPE_ERROR_DAMAGED, "the bytes are damaged")                                             \
	X(TAPE_ERROR_LIMIT, "a size is beyond what the format allows")                             \
	X(TAPE_ERROR_EMPTY, "there is no segment here")                                            \
	X(TAPE_ERROR_NOT_A_CAPTURE, "this is neither pcap nor pcapng")                             \
	X(TAPE_ERROR_LINK_TYPE, "the link type is not supported")                                  \
	X(TAPE_ERROR_MIXED, "it doesn't belong to this recording, or it is there twice")

enum tape_error {
#define TAPE_ERROR_ENUM(name, text) name,
	TAPE_ERRORS(TAPE_ERROR_ENUM)
#undef TAPE_ERROR_ENUM
};

/* The words for ERROR; a static string, never NULL. */
const char *tape_error_text(enum tape_error error);

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
