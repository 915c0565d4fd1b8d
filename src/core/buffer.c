/* buffer.c: the memory of array values. Owns the allocator that keeps released buffers for reuse: bins of blocks by size
 * class, the limits and the counters.
 * Invariant: everything in `heap` is read and written under heap.lock; a block is either alive (its capacity is in
 * heap.active) or in exactly one bin (its capacity is in heap.cached). */
#include "core/memory.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <psionic/device.h>

#include "core/error.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PSI_POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define PSI_POISON 1
#endif
#ifdef PSI_POISON
#include <sanitizer/asan_interface.h>
#define PSI_HIDE(data, bytes) ASAN_POISON_MEMORY_REGION(data, bytes)
#define PSI_SHOW(data, bytes) ASAN_UNPOISON_MEMORY_REGION(data, bytes)
#else
#define PSI_HIDE(data, bytes) ((void)0)
#define PSI_SHOW(data, bytes) ((void)0)
#endif

#define ALIGNMENT 64
#define PAGE ((size_t)4096)
#define MARGIN ((size_t)64) /* behind every block: OpenBLAS's kernels read a vector past a matrix's end */
#define SMALL_MAX \
    ((size_t)1 << 16) /* up to here header and data are one malloc block of a class's exact size */
#define HUGE_MIN ((size_t)1 << 21) /* from here on memory is mapped, aligned to and asking for huge pages */
#define SMALL_BINS 36
#define BINS (SMALL_BINS + 8 * 32)
#define ALWAYS_CACHED ((size_t)32 << 20)
#define SEARCH_MAX 32 /* blocks of a bin looked at before giving up on reuse */

typedef struct block {
    psi_buffer buffer;           /* while in a bin, buffer.bytes is the time it came there */
    struct block *newer, *older; /* neighbours in its bin */
} block;

_Static_assert(sizeof(block) <= ALIGNMENT, "the data of a small block begins one alignment after its header");

static struct {
    pthread_mutex_t lock;
    bool ready;
    size_t active, peak, cached;
    size_t most; /* the highest that active ever was */
    size_t limit, cache_limit, hard_limit;
    size_t clock;
    struct {
        block *newest, *oldest;
    } bins[BINS];
} heap = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- size classes ---- */

static inline int log2_floor(size_t n)
{
    return (int)(sizeof(long long) * CHAR_BIT) - 1 - __builtin_clzll((unsigned long long)n);
}

/* Small sizes: multiples of 64 up to 256, then four classes a doubling, so that at most a fifth is wasted above. */
static inline int small_bin(size_t bytes, size_t *capacity)
{
    if (bytes <= 256) {
        int bin = bytes ? (int)((bytes - 1) / 64) : 0;
        *capacity = ((size_t)bin + 1) * 64;
        return bin;
    }
    int e = log2_floor(bytes - 1);
    size_t quarter = (bytes - 1) >> (e - 2);
    *capacity = (quarter + 1) << (e - 2);
    return 4 * (e - 8) + (int)quarter;
}

/* Large sizes: eight bins a doubling, each holding blocks of many sizes. */
static int large_bin(size_t capacity)
{
    int e = log2_floor(capacity);
    int bin = SMALL_BINS + 8 * (e - 16) + (int)(capacity >> (e - 3)) - 8;
    return bin < BINS ? bin : BINS - 1;
}

static int bin_of(size_t bytes, size_t *capacity)
{
    if (bytes <= SMALL_MAX)
        return small_bin(bytes, capacity);
    *capacity = (bytes + PAGE - 1) / PAGE * PAGE;
    return large_bin(*capacity);
}

/* ---- memory from the system ---- */

/* Maps at an address that huge pages can start at, by mapping more and giving back both ends. */
static void *map_huge(size_t bytes)
{
    char *area = mmap(NULL, bytes + HUGE_MIN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        return NULL;
    size_t head = (HUGE_MIN - (uintptr_t)area % HUGE_MIN) % HUGE_MIN;
    if (head)
        munmap(area, head);
    if (HUGE_MIN - head)
        munmap(area + head + bytes, HUGE_MIN - head);
    madvise(area + head, bytes, MADV_HUGEPAGE);
    return area + head;
}

static block *system_new(size_t capacity)
{
    if (capacity <= SMALL_MAX) {
        block *b = aligned_alloc(ALIGNMENT, ALIGNMENT + capacity + MARGIN);
        if (b)
            b->buffer.data = (char *)b + ALIGNMENT;
        return b;
    }
    block *b = malloc(sizeof *b);
    if (!b)
        return NULL;
    b->buffer.data =
        capacity < HUGE_MIN ? aligned_alloc(ALIGNMENT, capacity + MARGIN) : map_huge(capacity + PAGE);
    if (b->buffer.data)
        return b;
    free(b);
    return NULL;
}

static void system_free(block *b)
{
    size_t capacity = b->buffer.capacity;
    PSI_SHOW(b->buffer.data, capacity);
    if (capacity >= HUGE_MIN)
        munmap(b->buffer.data, capacity + PAGE);
    else if (capacity > SMALL_MAX)
        free(b->buffer.data);
    free(b);
}

static void system_free_all(block *doomed)
{
    while (doomed) {
        block *next = doomed->older;
        system_free(doomed);
        doomed = next;
    }
}

/* Bytes of memory this process may count on: the machine's, or less where a control group says so. */
static size_t physical_memory(void)
{
    struct sysinfo info;
    size_t total = sysinfo(&info) == 0 ? (size_t)info.totalram * info.mem_unit : (size_t)8 << 30;
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    unsigned long long most;
    if (file && fscanf(file, "%llu", &most) == 1 && most > 0 && most < total)
        total = (size_t)most;
    if (file)
        fclose(file);
    return total;
}

static void before_fork(void)
{
    pthread_mutex_lock(&heap.lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&heap.lock);
}

static __attribute__((cold, noinline)) void set_up(void)
{
    size_t total = physical_memory();
    heap.limit = total / 5 * 4;
    heap.cache_limit = total / 4;
    heap.ready = true;
}

/* Before the evaluator's: handlers run in the reverse order, and buffers are made while the graph lock is held. */
static __attribute__((constructor(101))) void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, after_fork);
}

static inline void enter(void)
{
    pthread_mutex_lock(&heap.lock);
    if (__builtin_expect(!heap.ready, 0))
        set_up();
}

static inline void leave(void)
{
    pthread_mutex_unlock(&heap.lock);
}

/* ---- the bins; all with the lock held ---- */

static inline void bin_remove(int bin, block *b)
{
    if (b->newer)
        b->newer->older = b->older;
    else
        heap.bins[bin].newest = b->older;
    if (b->older)
        b->older->newer = b->newer;
    else
        heap.bins[bin].oldest = b->newer;
    heap.cached -= b->buffer.capacity;
}

static inline void bin_add(int bin, block *b)
{
    b->buffer.bytes = heap.clock++;
    b->newer = NULL;
    b->older = heap.bins[bin].newest;
    if (b->older)
        b->older->newer = b;
    else
        heap.bins[bin].oldest = b;
    heap.bins[bin].newest = b;
    heap.cached += b->buffer.capacity;
}

/* A cached block for a capacity, of which little is wasted, or NULL: at most an eighth of what is asked for, or where blocks are
 * large a half, so that a step of many sizes finds its own again; yet values narrowed to half take no block of the wide ones. */
static inline block *cache_take(int bin, size_t capacity)
{
    if (capacity <= SMALL_MAX) {
        block *b = heap.bins[bin].newest;
        if (b)
            bin_remove(bin, b);
        return b;
    }
    size_t most = capacity + capacity / (capacity < HUGE_MIN ? 8 : 2);
    int last = large_bin(most);
    for (; bin <= last; bin++) {
        block *b = heap.bins[bin].newest;
        for (int looked = 0; b && looked < SEARCH_MAX; b = b->older, looked++)
            if (b->buffer.capacity >= capacity && b->buffer.capacity <= most) {
                bin_remove(bin, b);
                return b;
            }
    }
    return NULL;
}

/* Takes the oldest cached blocks out until at most `keep` bytes are cached; the caller frees them unlocked. */
static block *cache_trim(size_t keep)
{
    block *doomed = NULL;
    while (heap.cached > keep) {
        int oldest = -1;
        for (int i = 0; i < BINS && (keep > 0 || oldest < 0); i++)
            if (heap.bins[i].oldest &&
                (oldest < 0 || heap.bins[i].oldest->buffer.bytes < heap.bins[oldest].oldest->buffer.bytes))
                oldest = i;
        block *b = heap.bins[oldest].oldest;
        bin_remove(oldest, b);
        b->older = doomed;
        doomed = b;
    }
    return doomed;
}

/* Sum that stays at the top instead of wrapping. */
static inline size_t plus(size_t a, size_t b)
{
    return a + b < a ? SIZE_MAX : a + b;
}

/* How much is worth keeping: no more can be of use at once than ever was in use, but for what is lost between sizes. A loop
 * over ever different sizes would fill the whole limit. */
static size_t cache_most(void)
{
    size_t worth = plus(heap.most, ALWAYS_CACHED);
    return worth < heap.cache_limit ? worth : heap.cache_limit;
}

/* How much may stay cached when `capacity` more comes alive from the system. */
static size_t cache_allowance(size_t capacity)
{
    size_t bound = heap.limit;
    if (heap.hard_limit && heap.hard_limit < bound)
        bound = heap.hard_limit;
    size_t alive = plus(heap.active, capacity);
    size_t room = alive < bound ? bound - alive : 0;
    size_t most = cache_most();
    return room < most ? room : most;
}

/* ---- buffers ---- */

static __attribute__((cold)) psi_buffer *past_hard_limit(size_t bytes, size_t active, size_t limit)
{
    psi_fail(
        PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR,
        "out of memory: %zu bytes asked for with %zu in use would pass the hard memory limit of %zu bytes",
        bytes, active, limit);
    return NULL;
}

static inline void count_active(size_t capacity)
{
    heap.active += capacity;
    if (heap.active > heap.peak)
        heap.peak = heap.active;
    if (heap.active > heap.most)
        heap.most = heap.active;
}

/* A block from the system, with the lock held, which it lets go; the bytes count as active before they are had, so
 * that limits hold between threads. */
static __attribute__((noinline)) block *block_fresh(size_t bytes, size_t capacity)
{
    size_t active = heap.active, hard_limit = heap.hard_limit;
    if (hard_limit && plus(active, capacity) > hard_limit) {
        leave();
        past_hard_limit(bytes, active, hard_limit);
        return NULL;
    }
    size_t allowance = cache_allowance(capacity);
    block *doomed = heap.cached > allowance ? cache_trim(allowance) : NULL;
    heap.active += capacity;
    leave();
    system_free_all(doomed);
    block *b = system_new(capacity);
    if (!b) {
        psi_clear_cache();
        b = system_new(capacity);
    }
    enter();
    heap.active -= capacity;
    if (b)
        count_active(capacity);
    leave();
    if (!b)
        return psi_out_of_memory(bytes);
    b->buffer.capacity = capacity;
    return b;
}

psi_buffer *psi_buffer_new(size_t bytes)
{
    if (psi_allocation_fails() || bytes > PSI_LARGEST)
        return psi_out_of_memory(bytes);
    size_t capacity;
    int bin = bin_of(bytes, &capacity);
    enter();
    block *b = cache_take(bin, capacity);
    if (b && heap.hard_limit && plus(heap.active, b->buffer.capacity) > heap.hard_limit) {
        bin_add(bin_of(b->buffer.capacity, &capacity), b);
        b = NULL;
    }
    if (b) {
        count_active(b->buffer.capacity);
        leave();
        PSI_SHOW(b->buffer.data, b->buffer.capacity);
    } else {
        b = block_fresh(bytes, capacity);
        if (!b)
            return NULL;
    }
    atomic_init(&b->buffer.refs, 1);
    b->buffer.bytes = bytes;
    b->buffer.release = NULL;
    b->buffer.context = NULL;
    return &b->buffer;
}

psi_buffer *psi_buffer_wrap(void *data, size_t bytes, void (*release)(void *context), void *context)
{
    psi_buffer *buffer = psi_malloc(sizeof *buffer);
    if (!buffer) {
        if (release)
            release(context);
        return NULL;
    }
    *buffer =
        (psi_buffer){.data = data, .bytes = bytes, .release = release, .context = release ? context : buffer};
    atomic_init(&buffer->refs, 1);
    return buffer;
}

psi_buffer *psi_buffer_retain(psi_buffer *buffer)
{
    atomic_fetch_add_explicit(&buffer->refs, 1, memory_order_relaxed);
    return buffer;
}

void psi_buffer_release(psi_buffer *buffer)
{
    if (!buffer || atomic_fetch_sub_explicit(&buffer->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (buffer->capacity == 0) {
        void *whole = buffer->release ? buffer : buffer->context;
        if (buffer->release)
            buffer->release(buffer->context);
        psi_free(whole);
        return;
    }
    block *b = (block *)buffer, *doomed = NULL;
    size_t unused;
    PSI_HIDE(buffer->data, buffer->capacity);
    enter();
    heap.active -= buffer->capacity;
    bin_add(bin_of(buffer->capacity, &unused), b);
    size_t most = cache_most();
    if (heap.cached > most)
        doomed = cache_trim(most);
    leave();
    if (doomed)
        system_free_all(doomed);
}

/* ---- counters and limits ---- */

static size_t read_counter(const size_t *counter)
{
    enter();
    size_t value = *counter;
    leave();
    return value;
}

/* Sets a limit and frees what it no longer allows to be cached. */
static size_t set_limit(size_t *limit, size_t bytes)
{
    enter();
    size_t before = *limit;
    *limit = bytes;
    block *doomed = cache_trim(cache_allowance(0));
    leave();
    system_free_all(doomed);
    return before;
}

size_t psi_active_memory(void)
{
    return read_counter(&heap.active);
}

size_t psi_peak_memory(void)
{
    return read_counter(&heap.peak);
}

size_t psi_cache_memory(void)
{
    return read_counter(&heap.cached);
}

size_t psi_memory_limit(void)
{
    return read_counter(&heap.limit);
}

void psi_reset_peak_memory(void)
{
    enter();
    heap.peak = 0;
    leave();
}

void psi_clear_cache(void)
{
    enter();
    block *doomed = cache_trim(0);
    leave();
    system_free_all(doomed);
#ifdef __GLIBC__
    malloc_trim(0); /* what large graphs left in malloc's own cache */
#endif
}

size_t psi_set_memory_limit(size_t bytes)
{
    return set_limit(&heap.limit, bytes);
}

size_t psi_set_cache_limit(size_t bytes)
{
    return set_limit(&heap.cache_limit, bytes);
}

size_t psi_set_hard_memory_limit(size_t bytes)
{
    return set_limit(&heap.hard_limit, bytes);
}
