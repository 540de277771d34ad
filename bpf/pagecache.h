/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef SOCKTAPE_BPF_PAGECACHE_H
#define SOCKTAPE_BPF_PAGECACHE_H

/*
 * The bytes of a file that sendfile() moved, out of the page cache: the call just put them on the
 * wire from there, so they are in memory.
 *
 * All memory is mapped in one piece (page P's content at a fixed distance), but where moves with
 * KASLR. Both that mapping and the array of struct page begin at a multiple of 1 GiB, and therefore
 *
 *     address of the content = address of struct page / sizeof(struct page) * page size + distance
 *
 * has a distance that is a multiple of 1 GiB too. One page whose two addresses are known gives it:
 * a half-used slab, which points to a free object inside of it.
 */

#include "bpf/maps.h"
#include "bpf/xarray.h"

#define PAGE_ALIGN_1G (1ULL << 30)

/* Slab caches that are looked at for one with a half-used slab: a host has some 250. */
#define CACHES_MAX 256

/* A slab has 2^order pages; a free object further from its begin was misread. */
#define SLAB_SPAN_MAX (64 * page_size())

/* Any multiple of 1 GiB may be right, 0 too: a bit tells that it was found. */
#define PAGE_DISTANCE_FOUND 1ULL

__u64 page_distance;

/* Up to 7.0, and from 7.1 on. */
struct kmem_cache___node {
	struct kmem_cache_node *node[1];
} __attribute__((preserve_access_index));

struct kmem_cache_per_node_ptrs___own {
	struct kmem_cache_node *node;
} __attribute__((preserve_access_index));

struct kmem_cache___per_node {
	struct kmem_cache_per_node_ptrs___own per_node[1];
} __attribute__((preserve_access_index));

/* arm64 kernels have pages of 4, 16 or 64 KiB. */
static __always_inline __u64 page_size(void)
{
	return 1ULL << (settings.page_shift & 31);
}

static __always_inline __u64 page_scaled(__u64 page)
{
	return page / bpf_core_type_size(struct page) * page_size();
}

static __always_inline struct kmem_cache_node *first_node(struct kmem_cache *cache)
{
	struct kmem_cache___per_node *newer = (struct kmem_cache___per_node *)cache;
	struct kmem_cache___node *older = (struct kmem_cache___node *)cache;
	struct kmem_cache_node *node = NULL;

	if (bpf_core_field_exists(newer->per_node))
		bpf_core_read(&node, sizeof(node), &newer->per_node[0].node);
	else
		bpf_core_read(&node, sizeof(node), &older->node[0]);
	return node;
}

/* Finds the distance with a slab of CACHE that has free objects; 0 when there is none. */
static __always_inline __u64 page_distance_by(struct kmem_cache *cache)
{
	struct kmem_cache_node *node = first_node(cache);
	struct slab *slab;
	__u64 object;
	__u64 apart;

	if (!node || !BPF_CORE_READ(node, nr_partial))
		return 0;
	slab = (struct slab *)((void *)BPF_CORE_READ(node, partial.next) -
			       bpf_core_field_offset(struct slab, slab_list));
	object = (__u64)BPF_CORE_READ(slab, freelist);
	if (!object || BPF_CORE_READ(slab, slab_cache) != cache)
		return 0;
	apart = object - page_scaled((__u64)slab);
	if (apart % PAGE_ALIGN_1G >= SLAB_SPAN_MAX)
		return 0;
	return (apart - apart % PAGE_ALIGN_1G) | PAGE_DISTANCE_FOUND;
}

/*
 * All caches are in one list, which is entered at the one with address FIRST. It goes from the
 * newest to the oldest, among which are those that everybody uses: backwards they come soon, behind
 * those of modules.
 */
__noinline int page_distance_find(__u64 first)
{
	struct kmem_cache *cache = (struct kmem_cache *)first;

	if (!bpf_core_type_exists(struct slab))
		return 0;
	for (int i = 0; i < CACHES_MAX && cache && !page_distance; i++) {
		page_distance = page_distance_by(cache);
		cache = (struct kmem_cache *)((void *)BPF_CORE_READ(cache, list.prev) -
					      bpf_core_field_offset(struct kmem_cache, list));
	}
	return 0;
}

/* The next piece of the file: what is left of one page. */
static __always_inline bool pagecache_piece(struct walk *walk)
{
	struct address_space *mapping = (struct address_space *)walk->source.at;
	__u64 index = walk->source.count >> (settings.page_shift & 31);
	__u64 within = walk->source.count & (page_size() - 1);
	struct folio *folio;

	/* Before 5.16 there are none. */
	if (!bpf_core_type_exists(struct folio))
		return false;
	folio = (struct folio *)xarray_get(&mapping->i_pages, index);
	if (!folio || !page_distance || BPF_CORE_READ(folio, mapping) != mapping)
		return false;
	walk->piece = page_scaled((__u64)folio) + (page_distance & ~PAGE_DISTANCE_FOUND) +
		      (index - BPF_CORE_READ(folio, index)) * page_size() + within;
	walk->piece_len = page_size() - within;
	walk->source.count += walk->piece_len;
	return true;
}

#endif
