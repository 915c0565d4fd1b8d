/* random_bits.c: the mirror of upstream's "test random bits" in tests/random_tests.cpp. The expected bits are those of the
 * threefry generator that upstream uses, computed apart from this library. */
#include "random_keys.h"

/* What some_bits makes of a key. */
static int64_t bits_count, bits_width;

static psi_arrays some_bits(psi_arrays inputs, void *context)
{
    (void)context;
    psi_arrays out = psi_arrays_new(1);
    if (out.count == 1)
        out.data[0] = psi_random_bits(PSI_INTS(bits_count), bits_width, inputs.data[0]);
    return out;
}

/* some_bits mapped over the axis of its key given by the context. */
static psi_arrays mapped_bits(psi_arrays inputs, void *context)
{
    return psi_vmap(some_bits, NULL, inputs, PSI_INTS(*(const int64_t *)context), PSI_INTS(0));
}

static void check_mapped_bits(void)
{
    static const int64_t first = 0, second = 1;
    bits_count = 3;
    bits_width = 4;
    psi_array keys = SHAPED(PSI_UINT32S(5, 6, 7, 8), 2, 2);
    CHECK_EQUAL(
        mapped_bits(PSI_ARRAYS(keys), (void *)&first).data[0],
        SHAPED(PSI_UINT32S(3715398119, 2452095392, 1721818882, 3262266664, 1935995360, 796884915), 2, 3));
    CHECK_EQUAL(
        mapped_bits(PSI_ARRAYS(keys), (void *)&second).data[0],
        SHAPED(PSI_UINT32S(3212260180, 2522328818, 952943831, 66482693, 250612019, 2116646298), 2, 3));
    psi_array nested =
        psi_reshape(psi_astype(psi_arange(0, 12, 1, PSI_INT32), PSI_UINT32), PSI_INTS(3, 2, 2));
    psi_arrays twice = psi_vmap(mapped_bits, (void *)&first, PSI_ARRAYS(nested), PSI_INTS(0), PSI_INTS(0));
    REQUIRE(twice.count == 1);
    CHECK_SHAPE(twice.data[0], 3, 2, 3);
    CHECK_VALUES(twice.data[0], 2441914641, 1110694964, 3819641963, 1837994633, 981654595, 2529132212,
                 3053377589, 3402624020, 578606974, 3768069568, 3442364143, 2151643419, 1917189776,
                 2595336665, 1751251739, 904981961, 2351350971, 2351823476);
    twice = psi_vmap(mapped_bits, (void *)&second, PSI_ARRAYS(nested), PSI_INTS(0), PSI_INTS(0));
    REQUIRE(twice.count == 1);
    CHECK_VALUES(twice.data[0], 2859854988, 3691260805, 2425776485, 1997231793, 3797985610, 2176576507,
                 3993102216, 3435455939, 2587618906, 3212260180, 2522328818, 952943831, 801727324, 3180756603,
                 314436158, 2634719831, 697689011, 3680380556);

    /* Narrower bits, against one key after the other. */
    bits_count = 7;
    bits_width = 2;
    psi_array narrow = mapped_bits(PSI_ARRAYS(keys), (void *)&first).data[0];
    for (int row = 0; row < 2; row++) {
        psi_array alone = psi_random_bits(PSI_INTS(7), 2, psi_take(keys, i32(row), 0));
        CHECK_EQUAL(psi_take(narrow, i32(row), 0), alone);
    }
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test random bits")
{
    psi_array key = psi_random_key(21), bits = psi_random_bits(PSI_SCALAR_SHAPE, 4, key);
    CHECK_EQ_INT(psi_size(bits), 1);
    CHECK_DTYPE(bits, PSI_UINT32);
    CHECK_EQUAL(psi_random_bits(PSI_INTS(0), 4, key), psi_astype(nothing(), PSI_UINT32));
    CHECK_KEYS(psi_random_bits(PSI_INTS(2), 4, key));
    CHECK_KEYS(psi_random_uniform(f32(0), f32(1), PSI_SCALAR_SHAPE, PSI_FLOAT32, key));
    CHECK_REFUSED(psi_random_bits(PSI_INTS(2), 0, key));
    CHECK_REFUSED(psi_random_bits(PSI_INTS(2), 3, key));
    CHECK_REFUSED(psi_random_bits(PSI_INTS(2), 8, key));
    CHECK_REFUSED(psi_random_bits(PSI_INTS(2), -4, key));

    CHECK_VALUES(bits, BITS_21);
    CHECK_SAME(psi_random_bits(PSI_SCALAR_SHAPE, 4, key), bits);
    CHECK_DTYPE(psi_random_bits(PSI_SCALAR_SHAPE, 2, key), PSI_UINT16);
    CHECK_VALUES(psi_random_bits(PSI_SCALAR_SHAPE, 2, key), BITS_21 % 65536);
    CHECK_DTYPE(psi_random_bits(PSI_SCALAR_SHAPE, 1, key), PSI_UINT8);
    CHECK_VALUES(psi_random_bits(PSI_SCALAR_SHAPE, 1, key), BITS_21 % 256);
    CHECK_VALUES(psi_random_bits(PSI_SCALAR_SHAPE, 4, psi_random_key(22)), BITS_22);
    CHECK_EQUAL(psi_random_bits(PSI_INTS(4, 1), 4, key),
                SHAPED(PSI_UINT32S(15689208, 2943087094, 1648097174, 339021355), 4, 1));
    CHECK_VALUES(psi_random_bits(PSI_INTS(5), 2, key), 26104, 239, 36711, 14721, 63382);
    CHECK_VALUES(psi_random_bits(PSI_INTS(6), 2, key), 26104, 239, 36711, 14721, 63382, 25147);
    CHECK_VALUES(psi_random_bits(PSI_INTS(7), 2, key), 26104, 239, 61942, 44907, 63382, 25147, 3627);
    CHECK_VALUES(psi_random_bits(PSI_INTS(9), 1, key), 248, 101, 239, 0, 103, 143, 129, 57, 150);
    check_mapped_bits();
    CHECK_EVERY_ISA(psi_random_bits(PSI_INTS(1003), 4, key));
    CHECK_EVERY_ISA(psi_random_bits(PSI_INTS(1003), 1, key));
}
