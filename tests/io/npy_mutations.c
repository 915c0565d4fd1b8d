/* npy_mutations.c: the fuzz target over spoiled copies of good files, the same ones in every run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../fuzz/npy.c"

static const char *const good[] = {
    "\1{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }     \n",
    "\1{'descr': '>c8', 'fortran_order': True, 'shape': (1, 2, 1), }\n",
    "\2{'descr': '|b1', 'fortran_order': False, 'shape': (9,), }\n",
    "\3{'descr': '>i8', 'fortran_order': True, 'shape': (), }\n",
    "\1{'shape': (0, 4611686018427387903), 'descr': '>u2', 'fortran_order': False}",
};

static size_t build(const char *text, uint8_t *out)
{
    size_t length = strlen(text + 1), at = 10;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (uint8_t)text[0];
    out[7] = 0;
    out[8] = (uint8_t)length;
    out[9] = 0;
    if (text[0] > 1) {
        out[10] = out[11] = 0;
        at = 12;
    }
    memcpy(out + at, text + 1, length);
    for (size_t i = 0; i < 32; i++)
        out[at + length + i] = (uint8_t)(i * 11);
    return at + length + 32;
}

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)random_state * bound) >> 32);
}

/* One small damage: a byte changed, dropped or doubled, a piece copied elsewhere, the end cut off. */
static size_t spoil(uint8_t *bytes, size_t size)
{
    static const char likely[] = "(){}[],:'\"<>|=0123456789LTrueFals \n\\\x80";
    if (size < 2)
        return size;
    uint32_t at = random_below((uint32_t)size), from = random_below((uint32_t)size);
    size_t room = size - (at > from ? at : from), count = 1 + random_below(16);
    switch (random_below(6)) {
    case 0:
        bytes[at] = (uint8_t)random_below(256);
        return size;
    case 1:
        bytes[at] = (uint8_t)likely[random_below(sizeof likely)];
        return size;
    case 2:
        memmove(bytes + at, bytes + at + 1, size - at - 1);
        return size - 1;
    case 3:
        memmove(bytes + at + 1, bytes + at, size - at);
        return size + 1;
    case 4:
        memmove(bytes + at, bytes + from, count < room ? count : room);
        return size;
    default:
        return at;
    }
}

static void spoiled_files_do_no_harm(void **state)
{
    (void)state;
    uint8_t bytes[512];
    for (size_t seed = 0; seed < sizeof good / sizeof *good; seed++) {
        size_t whole = build(good[seed], bytes);
        for (size_t size = 0; size <= whole; size++)
            LLVMFuzzerTestOneInput(bytes, size);
        for (int round = 0; round < 6000; round++) {
            size_t size = build(good[seed], bytes);
            for (uint32_t damages = 1 + random_below(4); damages > 0; damages--)
                size = spoil(bytes, size);
            LLVMFuzzerTestOneInput(bytes, size);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(spoiled_files_do_no_harm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
