/* isa: generic v2 v3 v4 */
/* random.c: threefry over runs of counters, for the ISA named by PSI_ISA; the compiler makes vectors of the loop. */
#include "cpu/random.h"

#include "core/threefry.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

static void words(psi_random_run run, int64_t n, uint32_t *restrict first, uint32_t *restrict second)
{
    psi_word_pair key = {run.key[0], run.key[1]};
    for (int64_t i = 0; i < n; i++) {
        psi_word_pair x =
            psi_threefry(key, (psi_word_pair){run.count[0] + (uint32_t)i, run.count[1] + (uint32_t)i});
        first[i] = x.a;
        second[i] = x.b;
    }
}

#define TABLE PASTE(psi_random_words_, PSI_ISA)
extern const psi_random_fn TABLE;
const psi_random_fn TABLE = words;
