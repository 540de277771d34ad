/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_AGE_LIST_H
#define SOCKTAPE_FORMAT_AGE_LIST_H

/*
 * Entries by their age, or by when they were used last. LIST points to what has the members
 * `oldest` and `newest`, ENTRY to what has `older` and `newer`, all of one pointer type; both are
 * evaluated several times. All NULL is empty.
 */

/* ENTRY, which isn't in the list, becomes its newest. */
#define age_list_add(list, entry)                                                                  \
	do {                                                                                       \
		(entry)->newer = NULL;                                                             \
		(entry)->older = (list)->newest;                                                   \
		*((list)->newest ? &(list)->newest->newer : &(list)->oldest) = (entry);            \
		(list)->newest = (entry);                                                          \
	} while (0)

/* Takes ENTRY out. */
#define age_list_remove(list, entry)                                                               \
	do {                                                                                       \
		*((entry)->older ? &(entry)->older->newer : &(list)->oldest) = (entry)->newer;     \
		*((entry)->newer ? &(entry)->newer->older : &(list)->newest) = (entry)->older;     \
	} while (0)

/* ENTRY, which is in the list, becomes its newest. */
#define age_list_use(list, entry)                                                                  \
	do {                                                                                       \
		if ((entry)->newer) {                                                              \
			age_list_remove(list, entry);                                              \
			age_list_add(list, entry);                                                 \
		}                                                                                  \
	} while (0)

#endif
