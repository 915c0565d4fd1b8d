/* label: long */
/* Graphs a million nodes deep, on a stack far too small for recursion: built, differentiated both ways, batched, computed,
 * and freed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <psionic.h>
#include <pthread.h>

enum { DEPTH = 1000000, STACK = 1 << 18 };

/* DEPTH nodes one after the other: x, then x - 1, x, x - 1, ..., so that every value stays exact. */
static psi_arrays chain(psi_arrays in, void *context)
{
    psi_arrays out = psi_arrays_new(1);
    psi_array x = in.data[0], one = psi_scalar(1, PSI_FLOAT32);
    for (int i = 0; i < DEPTH && out.count; i++)
        x = i % 2 ? psi_add(x, one) : psi_subtract(x, one);
    if (out.count)
        out.data[0] = psi_multiply(x, x);
    (void)context;
    return out;
}

typedef struct answer {
    bool ok;
    float value[8];
} answer;

static void read_first(answer *a, psi_arrays list, int at)
{
    a->ok = a->ok && list.count && psi_read(list.data[0], a->value + at, 2 * sizeof(float));
}

static void *go(void *argument)
{
    answer *a = argument;
    psi_arrays out, made;
    a->ok = true;
    {
        PSI_SCOPE;
        read_first(a, chain(PSI_ARRAYS(PSI_FLOATS(3, 4)), NULL), 0);
    }
    {
        PSI_SCOPE;
        a->ok &=
            psi_vjp(chain, NULL, PSI_ARRAYS(PSI_FLOATS(3, 4)), PSI_ARRAYS(PSI_FLOATS(1, 10)), &out, &made);
        read_first(a, made, 2);
    }
    {
        PSI_SCOPE;
        a->ok &=
            psi_jvp(chain, NULL, PSI_ARRAYS(PSI_FLOATS(3, 4)), PSI_ARRAYS(PSI_FLOATS(1, 10)), &out, &made);
        read_first(a, made, 4);
    }
    {
        PSI_SCOPE;
        read_first(a, psi_vmap(chain, NULL, PSI_ARRAYS(PSI_FLOATS(3, 4)), PSI_NONE, PSI_NONE), 6);
        chain(PSI_ARRAYS(PSI_FLOATS(3, 4)), NULL); /* freed without having been computed */
    }
    return NULL;
}

static void a_million_nodes(void **state)
{
    (void)state;
    static answer a;
    const float wanted[8] = {9, 16, 6, 80, 6, 80, 9, 16};
    pthread_attr_t attr;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstacksize(&attr, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attr, go, &a), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);
    assert_true(a.ok);
    for (int i = 0; i < 8; i++)
        assert_float_equal(a.value[i], wanted[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_million_nodes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
