/* anchors_random.c: the named test of the array families on seeded random numbers, casts and common creation. */
#include "arrays.h"

/* The same key twice gives the same bytes, another key gives others. */
typedef psi_array (*sampler)(psi_array key);

static psi_array sample_bits(psi_array key)
{
    return psi_random_bits(PSI_INTS(40), 2, key);
}

static psi_array sample_uniform(psi_array key)
{
    return psi_random_uniform(f32(-2), f32(3), PSI_INTS(5, 8), PSI_FLOAT32, key);
}

static psi_array sample_normal(psi_array key)
{
    return psi_random_normal(PSI_INTS(40), PSI_FLOAT32, NULL, NULL, key);
}

static psi_array sample_randint(psi_array key)
{
    return psi_random_randint(i32(-90), i32(90), PSI_INTS(40), PSI_INT32, key);
}

ANCHOR_CASE(public_lazy_array_random_cast_and_common_creation_families_stay_seeded)
{
    static const sampler samplers[] = {sample_bits, sample_uniform, sample_normal, sample_randint};
    for (size_t i = 0; i < sizeof samplers / sizeof *samplers; i++) {
        psi_array once = samplers[i](psi_random_key(99)), twice = samplers[i](psi_random_key(99));
        psi_array other = samplers[i](psi_random_key(100));
        CHECK_SAME(once, twice);
        REQUIRE(psi_eval(PSI_ARRAYS(once, other)));
        CHECK(memcmp(psi_data(once), psi_data(other), psi_nbytes(once)) != 0);
        /* Also from the default key, after the same seed. */
        psi_random_seed(5);
        once = samplers[i](NULL);
        psi_random_seed(5);
        CHECK_SAME(once, samplers[i](NULL));
    }
    /* The bits are the published generator's, and halves of a key do not depend on how many are taken. */
    psi_array key = psi_random_key(21);
    CHECK_VALUES(psi_random_bits(PSI_INTS(4), 4, key), 15689208, 2943087094, 1648097174, 339021355);
    CHECK_EVERY_ISA(sample_bits(key));
    CHECK_EVERY_ISA(sample_uniform(key));
    CHECK_EVERY_ISA(sample_randint(key));
    psi_arrays two = psi_random_split(key);
    REQUIRE(two.count == 2);
    CHECK_SAME(psi_stack(two, 0), psi_random_split_num(key, 2));

    /* Casts of what was drawn. */
    psi_array drawn = sample_uniform(key), bytes = psi_astype(drawn, PSI_INT8);
    CHECK_DTYPE(bytes, PSI_INT8);
    CHECK_CLOSE(psi_astype(bytes, PSI_FLOAT32), drawn, 0, 1);
    CHECK_SAME(psi_astype(drawn, PSI_FLOAT32), drawn);
    CHECK_SAME(psi_astype(psi_astype(drawn, PSI_FLOAT64), PSI_FLOAT32), drawn);
    CHECK_CLOSE(psi_astype(drawn, PSI_BFLOAT16), drawn, 1.0 / 256, 0);
    CHECK_VALUES(psi_astype(PSI_FLOATS(-1.5, 300, 0.99), PSI_INT32), -1, 300, 0);
    CHECK_VALUES(psi_astype(PSI_INT32S(-1, 0, 2), PSI_BOOL), 1, 0, 1);
    CHECK_VALUES(psi_astype(PSI_FLOATS(2, -1), PSI_COMPLEX64), 2, 0, -1, 0);
    CHECK_SAME(psi_zeros_like(drawn), psi_zeros(PSI_INTS(5, 8), PSI_FLOAT32));
    CHECK_SAME(psi_ones_like(bytes), psi_ones(PSI_INTS(5, 8), PSI_INT8));
    CHECK_REFUSED(psi_random_bits(PSI_INTS(4), 4, PSI_INT32S(0, 1)));
    CHECK_REFUSED(psi_random_uniform(f32(0), f32(1), PSI_INTS(2), PSI_INT32, key));
}
