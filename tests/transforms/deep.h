/* deep.h: graphs DEPTH nodes deep, on a stack far too small for recursion: built, differentiated both ways, batched,
 * compiled, written down, computed, and freed. The program that includes it says how deep. */
#include "ops/values.h"

#include <pthread.h>

enum { STACK = 1 << 18, VALUES = 20 };

/* DEPTH nodes one after the other: x, then x - 1, x, x - 1, ..., so that every value stays exact. */
static psi_arrays chain(psi_arrays in, void *context)
{
    psi_array x = in.data[0], one = psi_scalar(1, PSI_FLOAT32);
    for (int i = 0; i < DEPTH; i++)
        x = i % 2 ? psi_add(x, one) : psi_subtract(x, one);
    (void)context;
    return LIST(psi_multiply(x, x));
}

/* The same of ops that nothing fuses across. */
static psi_arrays stairs(psi_arrays in, void *context)
{
    psi_array x = in.data[0];
    for (int i = 0; i < DEPTH / 2; i++)
        x = psi_reshape(psi_negative(x), i % 2 ? PSI_INTS(2) : PSI_INTS(2, 1));
    (void)context;
    return LIST(psi_reshape(x, PSI_INTS(2)));
}

/* One node that joins DEPTH others. */
static psi_arrays wide(psi_arrays in, void *context)
{
    psi_arrays parts = psi_arrays_new(DEPTH);
    for (int i = 0; i < parts.count; i++)
        parts.data[i] = psi_negative(in.data[0]);
    (void)context;
    return LIST(psi_concatenate(parts, 0));
}

static psi_arrays chain_gradient(psi_arrays in, void *context)
{
    psi_arrays out, made;
    (void)context;
    return psi_vjp(chain, NULL, in, PSI_ARRAYS(PSI_FLOATS(1, 10)), &out, &made) ? made : out;
}

typedef struct answer {
    bool ok;
    int count;
    float value[VALUES];
} answer;

static void read_first(answer *a, psi_arrays list)
{
    a->ok = a->ok && list.count && psi_read(list.data[0], a->value + a->count, 2 * sizeof(float));
    a->count += 2;
}

static void compiled(answer *a, psi_function fn, int flags, psi_array x)
{
    psi_compiled *c = psi_compile(fn, NULL, flags);
    read_first(a, psi_compiled_call(PSI_ARRAYS(x), c));
    psi_compiled_free(c);
}

static void *go(void *argument)
{
    answer *a = argument;
    psi_arrays out, made;
    a->ok = true;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(3, 4);
    psi_arrays at = PSI_ARRAYS(x), ones = PSI_ARRAYS(PSI_FLOATS(1, 10));
    {
        PSI_SCOPE;
        read_first(a, chain(at, NULL));
        read_first(a, chain_gradient(at, NULL));
    }
    {
        PSI_SCOPE;
        a->ok &= psi_jvp(chain, NULL, at, ones, &out, &made);
        read_first(a, made);
    }
    {
        PSI_SCOPE;
        read_first(a, psi_vmap(chain, NULL, at, PSI_NONE, PSI_NONE));
        read_first(a, psi_vmap(stairs, NULL, PSI_ARRAYS(psi_reshape(x, PSI_INTS(1, 2))), PSI_NONE, PSI_NONE));
    }
    {
        PSI_SCOPE;
        compiled(a, chain, 0, x);
        compiled(a, chain_gradient, 0, x);
        compiled(a, stairs, 0, x);
        compiled(a, stairs, PSI_COMPILE_SHAPELESS, x);
    }
    {
        PSI_SCOPE;
        psi_array ones = psi_ones(PSI_INTS(2 * DEPTH), PSI_FLOAT32);
        a->ok &= psi_vjp(wide, NULL, at, PSI_ARRAYS(ones), &out, &made);
        read_first(a, made);
    }
    {
        PSI_SCOPE;
        out = stairs(at, NULL); /* written down, and freed without having been computed */
        a->ok &= psi_graph_text(out, NULL, 0) > (size_t)DEPTH * 10;
        a->ok &= psi_export_to_dot(out, NULL, NULL, 0) > (size_t)DEPTH * 10;
    }
    return NULL;
}

static void deep_graphs(void **state)
{
    (void)state;
    static answer a;
    const float wanted[VALUES] = {9, 16, 6, 80, 6, 80, 9, 16, 3, 4, 9, 16, 6, 80, 3, 4, 3, 4, -DEPTH, -DEPTH};
    pthread_attr_t attr;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstacksize(&attr, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attr, go, &a), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);
    assert_true(a.ok);
    for (int i = 0; i < VALUES; i++)
        assert_float_equal(a.value[i], wanted[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(deep_graphs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
