/* scratch.c: the scratch memory of threads. A slot keeps a block of up to KEPT bytes for good; what is larger is a buffer,
 * counted and cached like an array's values, that goes back when the thread's work ends.
 * Invariant: data and bytes are the large buffer's where there is one, and else the kept block's. */
#include <pthread.h>
#include <stdbool.h>

#include "core/memory.h"
#include "core/pool.h"

#define SLOTS 4
#define KEPT ((size_t)1 << 20)
#define ALIGNMENT 64

typedef struct scratch {
    void *block; /* kept */
    size_t block_bytes;
    psi_buffer *large;
    void *data;
    size_t bytes;
} scratch;

static _Thread_local scratch mine[SLOTS];
static _Thread_local bool holds_large;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool keyed;

static void use_kept(scratch *s)
{
    psi_buffer_release(s->large);
    s->large = NULL;
    s->data = (void *)(((uintptr_t)s->block + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    s->bytes = s->block_bytes;
}

static void free_scratch(void *of_thread)
{
    scratch *s = of_thread;
    for (int i = 0; i < SLOTS; i++) {
        psi_buffer_release(s[i].large);
        psi_free(s[i].block);
        s[i] = (scratch){0};
    }
}

static void make_key(void)
{
    keyed = pthread_key_create(&key, free_scratch) == 0;
}

/* The priority makes it run after the pool's end: a worker that ends later than its key would leave its scratch. */
static __attribute__((destructor(101))) void drop_key(void)
{
    free_scratch(mine);
    if (keyed)
        pthread_key_delete(key);
}

static void *keep(scratch *s, size_t bytes)
{
    /* Growing by at least a half keeps a slowly growing user from allocating every time. */
    size_t grown = s->block_bytes + s->block_bytes / 2, room = bytes > grown ? bytes : grown;
    psi_free(s->block);
    s->block = psi_malloc(room + ALIGNMENT);
    s->block_bytes = s->block ? room : 0;
    use_kept(s);
    return s->block ? s->data : NULL;
}

static void *enlarge(scratch *s, size_t bytes)
{
    use_kept(s);
    s->large = psi_buffer_new(bytes);
    if (!s->large)
        return NULL;
    holds_large = true;
    s->data = s->large->data;
    s->bytes = s->large->capacity;
    return s->data;
}

void *psi_scratch(int slot, size_t bytes)
{
    scratch *s = &mine[slot];
    if (__builtin_expect(s->data && s->bytes >= bytes, 1))
        return s->data;
    pthread_once(&once, make_key);
    if (keyed)
        pthread_setspecific(key, mine);
    return bytes > KEPT ? enlarge(s, bytes) : keep(s, bytes);
}

void psi_scratch_end(void)
{
    if (__builtin_expect(!holds_large, 1))
        return;
    holds_large = false;
    for (int i = 0; i < SLOTS; i++)
        if (mine[i].large)
            use_kept(&mine[i]);
}
