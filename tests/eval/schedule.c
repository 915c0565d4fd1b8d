/* The order of large graphs: what it frees early, and that values stay the same. */
#include "ops/values.h"

enum { LAYERS = 8, SIZE = 1 << 20, BYTES = 4 * SIZE };

/* A way forth whose every value is needed on the way back, where each layer has a result of its own; the last layer's, which
 * need the least, are wanted last. */
static psi_arrays there_and_back(psi_array x)
{
    psi_array way[LAYERS], back = x;
    psi_arrays results = psi_arrays_new(LAYERS);
    for (int i = 0; i < LAYERS; i++)
        x = way[i] = psi_cumsum(psi_negative(x), 0, false, true);
    for (int i = LAYERS; i-- > 0;) {
        back = psi_cummax(psi_add(back, way[i]), 0, true, true);
        results.data[i] = psi_max(psi_multiply(back, way[i]), PSI_NONE, false);
    }
    return results;
}

static size_t peak_of(psi_arrays wanted)
{
    size_t before = psi_active_memory();
    psi_reset_peak_memory();
    assert_true(psi_eval(wanted));
    return psi_peak_memory() - before;
}

static void frees_early(void **state)
{
    (void)state;
    double apart[LAYERS], together[LAYERS];
    {
        PSI_SCOPE;
        psi_array x = psi_sin(psi_arange(0, SIZE, 1, PSI_FLOAT32));
        assert_true(psi_eval1(x));
        for (int i = 0; i < LAYERS; i++)
            assert_true(psi_item(there_and_back(x).data[i], &apart[i]));
    }
    psi_arrays wanted = {NULL, 0};
    PSI_SCOPE;
    psi_array x = psi_sin(psi_arange(0, SIZE, 1, PSI_FLOAT32));
    assert_true(psi_eval1(x));
    wanted = psi_arrays_new(LAYERS);
    {
        PSI_SCOPE;
        psi_arrays made = there_and_back(x);
        for (int i = 0; i < LAYERS; i++)
            wanted.data[i] = psi_promote(made.data[i]);
    }
    assert_true(peak_of(wanted) <= (LAYERS + 3) * (size_t)BYTES); /* twice as many without an order */
    for (int i = 0; i < LAYERS; i++) {
        assert_true(psi_item(wanted.data[i], &together[i]));
        assert_true(together[i] == apart[i]);
    }
}

/* Something small that is wanted at the end is not made at the beginning. */
static void makes_late(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_sin(psi_arange(0, SIZE, 1, PSI_FLOAT32)), end;
    assert_true(psi_eval1(x));
    {
        PSI_SCOPE;
        psi_array y = x, late[4];
        for (int i = 0; i < 4; i++)
            late[i] = psi_cumsum(x, 0, i % 2, i < 2);
        for (int i = 0; i < LAYERS; i++)
            y = psi_matmul(psi_reshape(y, PSI_INTS(1024, 1024)), psi_reshape(x, PSI_INTS(1024, 1024)));
        y = psi_reshape(psi_tanh(y), PSI_INTS(SIZE));
        for (int i = 0; i < 4; i++)
            y = psi_cummax(psi_add(late[i], y), 0, false, true);
        end = psi_promote(y);
    }
    assert_true(peak_of(PSI_ARRAYS(end)) <= 4 * (size_t)BYTES); /* six without an order */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(frees_early), cmocka_unit_test(makes_late)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
