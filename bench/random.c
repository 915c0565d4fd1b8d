/* random.c: seconds of ours for random numbers, and their rate; one line per sampler and size. Beside other libraries:
 * bench/compare. Usage: random [ELEMENTS]. */
#include <psionic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef psi_array (*sampler)(psi_ints shape, psi_array key);

static psi_array bits(psi_ints shape, psi_array key)
{
    return psi_random_bits(shape, 4, key);
}

static psi_array uniform(psi_ints shape, psi_array key)
{
    return psi_random_uniform(psi_scalar(0, PSI_FLOAT32), psi_scalar(1, PSI_FLOAT32), shape, PSI_FLOAT32,
                              key);
}

static psi_array normal(psi_ints shape, psi_array key)
{
    return psi_random_normal(shape, PSI_FLOAT32, NULL, NULL, key);
}

static psi_array randint(psi_ints shape, psi_array key)
{
    return psi_random_randint(psi_scalar_int(0, PSI_INT32), psi_scalar_int(1000, PSI_INT32), shape, PSI_INT32,
                              key);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        sampler sample;
    } all[] = {{"bits", bits}, {"uniform", uniform}, {"normal", normal}, {"randint", randint}};
    long n = argc > 1 ? atol(argv[1]) : 10000000;
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        double best = 1e9;
        for (int round = 0; round < 5; round++) {
            PSI_SCOPE;
            psi_array x = all[k].sample(PSI_INTS(n), psi_random_key(round));
            double start = now();
            if (!psi_eval1(x)) {
                psi_error_record e;
                psi_error(&e);
                fprintf(stderr, "random: %s\n", e.message);
                return 1;
            }
            double took = now() - start;
            best = took < best ? took : best;
        }
        printf("%-8s %9.3f ms  %8.1f million per second\n", all[k].name, 1e3 * best, 1e-6 * (double)n / best);
    }
    return 0;
}
