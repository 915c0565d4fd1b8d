/* threefry.h: the counter-based generator behind every random number: 2 x 32 bits, 20 rounds, a pure function of a
 * key and a counter. Invariant: its bits never change; seeded results of users depend on them. */
#ifndef PSI_CORE_THREEFRY_H
#define PSI_CORE_THREEFRY_H

#include <stdint.h>

typedef struct psi_word_pair {
    uint32_t a, b;
} psi_word_pair;

/* Four rounds with one set of rotations; straight lines, so that a loop over counters becomes vector code. */
#define PSI_THREEFRY_ROUND(x, by)                     \
    do {                                              \
        (x).a += (x).b;                               \
        (x).b = (x).b << (by) | (x).b >> (32 - (by)); \
        (x).b ^= (x).a;                               \
    } while (0)

static inline __attribute__((always_inline)) psi_word_pair psi_threefry(psi_word_pair key,
                                                                        psi_word_pair count)
{
    uint32_t third = key.a ^ key.b ^ 0x1bd11bda;
    psi_word_pair x = {count.a + key.a, count.b + key.b};
#define PSI_FOUR(r0, r1, r2, r3, first, second, i) \
    PSI_THREEFRY_ROUND(x, r0);                     \
    PSI_THREEFRY_ROUND(x, r1);                     \
    PSI_THREEFRY_ROUND(x, r2);                     \
    PSI_THREEFRY_ROUND(x, r3);                     \
    x.a += (first);                                \
    x.b += (second) + (i)
    PSI_FOUR(13, 15, 26, 6, key.b, third, 1);
    PSI_FOUR(17, 29, 16, 24, third, key.a, 2);
    PSI_FOUR(13, 15, 26, 6, key.a, key.b, 3);
    PSI_FOUR(17, 29, 16, 24, key.b, third, 4);
    PSI_FOUR(13, 15, 26, 6, third, key.a, 5);
#undef PSI_FOUR
    return x;
}
#undef PSI_THREEFRY_ROUND

#endif
