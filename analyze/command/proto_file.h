/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_PROTO_FILE_H
#define SOCKTAPE_ANALYZE_COMMAND_PROTO_FILE_H

#include "protocols/protobuf/schema.h"

/*
 * Adds what the file PATH declares (--proto) to *S, which is made when it is NULL: a descriptor
 * set, or a .proto, which protoc reads. False after telling the user why that can't be done.
 */
bool proto_file_add(struct protobuf_schema **s, const char *command, const char *path);

#endif
