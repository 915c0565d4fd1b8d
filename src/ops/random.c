/* random.c: keys and random bits. A key is two uint32 words; the default one is the process's, and whoever takes
 * from it splits it. Invariant: the default key moves on in one atomic step, so that no two takers get the same. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "core/threefry.h"
#include "ops/build.h"

static _Atomic uint64_t default_key;
static pthread_once_t seeded = PTHREAD_ONCE_INIT;

static void seed_by_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    atomic_store(&default_key, (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

psi_array psi_random_key(int64_t seed)
{
    uint32_t words[2] = {(uint32_t)((uint64_t)seed >> 32), (uint32_t)seed};
    return psi_array_from(words, PSI_INTS(2), PSI_UINT32);
}

void psi_random_seed(int64_t seed)
{
    pthread_once(&seeded, seed_by_time);
    atomic_store(&default_key, (uint64_t)seed);
}

/* The bits that psi_random_split would give, without a node: the first key stays, the second is handed out. */
static psi_array next_key(void)
{
    pthread_once(&seeded, seed_by_time);
    uint64_t old = atomic_load(&default_key), next;
    psi_word_pair even, odd;
    do {
        psi_word_pair key = {(uint32_t)(old >> 32), (uint32_t)old};
        even = psi_threefry(key, (psi_word_pair){0, 2});
        odd = psi_threefry(key, (psi_word_pair){1, 3});
        next = (uint64_t)even.a << 32 | odd.a;
    } while (!atomic_compare_exchange_weak(&default_key, &old, next));
    return psi_random_key((int64_t)((uint64_t)even.b << 32 | odd.b));
}

static psi_array build_bits(psi_array key, psi_ints shape, int64_t width)
{
    static const psi_dtype dtypes[] = {[1] = PSI_UINT8, [2] = PSI_UINT16, [4] = PSI_UINT32};
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, shape);
    psi_put(&attr, width);
    return psi_build(PSI_OP_random_bits, PSI_ARRAYS(key), psi_put_done(&attr), shape, dtypes[width]);
}

psi_array psi_random_bits(psi_ints shape, int64_t width, psi_array key)
{
    if (!key)
        key = next_key();
    if (!psi_check_inputs(PSI_ARRAYS(key), "random_bits"))
        return psi_error_array();
    if (psi_dtype_of(key) != PSI_UINT32)
        return PSI_INVALID("random_bits: a key is of dtype uint32, not %s",
                           psi_dtype_name(psi_dtype_of(key)));
    if (!psi_same_ints(psi_shape(key), PSI_INTS(2)))
        return PSI_INVALID("random_bits: a key has shape (2), not %s", PSI_SHAPE(psi_shape(key)));
    if (width != 1 && width != 2 && width != 4)
        return PSI_INVALID("random_bits: width is %lld, not 1, 2 or 4 bytes", (long long)width);
    if (!psi_check_ndim(shape.count, "random_bits"))
        return psi_error_array();
    return build_bits(key, shape, width);
}

psi_array psi_random_split_num(psi_array key, int64_t num)
{
    if (!psi_check_inputs(PSI_ARRAYS(key), "random_split"))
        return psi_error_array();
    return psi_random_bits(PSI_INTS(num, 2), 4, key);
}

psi_arrays psi_random_split(psi_array key)
{
    psi_arrays keys = psi_split(psi_random_split_num(key, 2), 2, 0);
    for (int i = 0; i < keys.count; i++)
        keys.data[i] = psi_reshape(keys.data[i], PSI_INTS(2));
    return keys;
}

/* ---- rules: bits are whole numbers, so no gradient flows ---- */

bool psi_random_bits_vjp(psi_vjp_call *c)
{
    c->grads[0] = NULL;
    return true;
}

bool psi_random_bits_jvp(psi_jvp_call *c)
{
    c->out_tangents[0] = NULL;
    return true;
}

/* One row of bits per key: the pair stays last, and the mapped axis leads both keys and bits. */
bool psi_random_bits_vmap(psi_vmap_call *c)
{
    psi_ints shape = psi_attr_list(c->node, 0);
    int64_t full[PSI_MAX_NDIM + 1];
    psi_array keys = psi_moveaxis(c->in[0], c->axes[0], 0);
    if (psi_is_error(keys))
        return false;
    full[0] = psi_shape(keys).data[0];
    memcpy(full + 1, shape.data, (size_t)shape.count * sizeof *full);
    c->out[0] = build_bits(keys, (psi_ints){full, shape.count + 1}, c->node->attr[c->node->attr_count - 1]);
    c->out_axes[0] = 0;
    return !psi_failed();
}
