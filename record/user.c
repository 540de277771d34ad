/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/user.h"

#include <pwd.h>
#include <stdio.h>

static void slot_fill(struct user_slot *slot, uint32_t uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd entry;
	struct passwd *found;
	char text[4096];

	*slot = (struct user_slot){.uid = uid, .known = 1};
	if (!file)
		return;
	while (fgetpwent_r(file, &entry, text, sizeof(text), &found) == 0) {
		if (entry.pw_uid != uid)
			continue;
		slot->len = (uint8_t)strnlen(entry.pw_name, sizeof(slot->name));
		memcpy(slot->name, entry.pw_name, slot->len);
		break;
	}
	fclose(file);
}

struct span user_table_name(struct user_table *table, uint32_t uid)
{
	struct user_slot *slot = &table->slots[uid % USER_SLOTS];

	if (!slot->known || slot->uid != uid)
		slot_fill(slot, uid);
	return span_of(slot->name, slot->len);
}
