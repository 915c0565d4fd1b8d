/* sort_job.h: what the parts of sorting share: a job of rows of one length, and a row of it.
 * Words hold a key, and behind it the place in the row where places matter. */
#ifndef PSI_CPU_SORT_JOB_H
#define PSI_CPU_SORT_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <psionic/types.h>

#include "cpu/sort_words.h"

enum {
    PSI_SORT_BLOCK = 512, /* keys made at a time */
    PSI_SORT_INDEX_BITS = 32,
    PSI_SORT_CHUNKS = 64,     /* of a long row, at most */
    PSI_SORT_LARGE = 1 << 17, /* rows longer than this are shared by the threads */
};

/* What a row's words say in the end. */
typedef enum psi_sort_result { PSI_SORT_VALUES, PSI_SORT_PLACES, PSI_SORT_GATHERED } psi_sort_result;

typedef struct psi_sort_job {
    psi_dtype dtype;
    psi_sort_result result;
    bool wide;   /* keys of 64 bits */
    bool placed; /* words hold places */
    bool there;  /* words are as long as elements, and lie where the result will */
    int word;    /* bytes */
    int64_t kth; /* -1 sorts */
    size_t item;
    int64_t rows, n, group;
    const char *from;
    char *to;
    atomic_bool failed;
} psi_sort_job;

typedef struct psi_sort_range {
    uint64_t least, most; /* keys */
} psi_sort_range;

typedef struct psi_sort_row {
    const psi_sort_job *job;
    const char *from;
    char *to, *words;
    uint64_t base; /* taken from every key, so that fewer bits differ */
    int64_t chunk;
    psi_sort_range ranges[PSI_SORT_CHUNKS]; /* of the chunks' keys */
} psi_sort_row;

static inline int psi_sort_bits_of(uint64_t x)
{
    return x ? 64 - __builtin_clzll(x) : 0;
}

/* Where the key begins in a word. */
static inline int psi_sort_low(const psi_sort_job *j)
{
    return j->placed ? PSI_SORT_INDEX_BITS : 0;
}

/* Long rows are sorted in buckets, with no second row of words. */
static inline bool psi_sort_in_buckets(const psi_sort_job *j)
{
    return j->n >= PSI_SORT_LARGE && j->kth < 0;
}

/* The bits of keys that are not the same in the whole row. Small integers around zero differ in all: where that saves a
 * pass and the caller may, the row's base is set, and fewer bits differ from there on. */
int psi_sort_differing_bits(psi_sort_row *r, int64_t chunks, bool may_shift);

/* Sorts words by so many bits from `low` on; they lie in x or in spare then, which is returned. */
const void *psi_sort_order(const psi_sort_job *j, void *x, void *spare, int64_t n, int low, int bits);

/* Writes the elements or places of sorted words from place `start` on. */
void psi_sort_store(const psi_sort_row *r, const void *words, int64_t start, int64_t count);

/* Sorts a row whose words have room; false with the error. */
bool psi_sort_large(psi_sort_row *r);

#endif
