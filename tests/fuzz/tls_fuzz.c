/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "protocols/cipher/keylog.h"
#include "protocols/tls/tls.h"
#include "tests/fuzz/converse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the corpus whose conversations are seeds, so that some of what is tried can be opened. */
#define KEYLOG "corpora/tls/pcapfs-all_ciphers/keylog.txt"

/* Made anew each time: what one conversation teaches must not change the next. */
static struct keylog *read_keylog(void)
{
	struct keylog *keylog = keylog_new(NULL, NULL);
	FILE *file = fopen(KEYLOG, "r");
	char line[512];

	if (!keylog || !file)
		abort(); /* run it where the corpora are */
	while (fgets(line, sizeof(line), file))
		keylog_add(keylog, span_text(line), 0);
	fclose(file);
	return keylog;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keylog *keylog = read_keylog();

	converse(&protocol_tls, TRANSPORT_TCP, data, size);
	converse_with(&protocol_tls, TRANSPORT_TCP, keylog, data, size);
	/* And whatever it is as lines of a key log. */
	keylog_add(keylog, span_of(data, size), 1);
	converse_with(NULL, TRANSPORT_TCP, keylog, data, size);
	keylog_free(keylog);
	return 0;
}
