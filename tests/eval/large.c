/* Element-wise results too large for the caches, which are written past them: every element is right, for each
 * instruction set, wherever the operands lie, and when the length is no whole number of lines or tiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <psionic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu/isa.h"

enum { LENGTH = (16 << 20) / 4 + 1061, BYTES = (16 << 20) + 1061 };

/* 3 x, 3 x - reversed x, and whether byte i is below 100; the number of the first that is wrong, or 0. */
static int first_wrong(void)
{
    PSI_SCOPE;
    psi_array x = psi_arange(0, LENGTH, 1, PSI_FLOAT32), three = psi_scalar(3, PSI_FLOAT32);
    psi_array bytes = psi_arange(0, BYTES, 1, PSI_UINT8);
    psi_array back = psi_slice(x, PSI_INTS(LENGTH - 1), PSI_INTS(-LENGTH - 1), PSI_INTS(-1));
    psi_array tripled = psi_multiply(x, three), mixed = psi_subtract(psi_multiply(x, three), back),
              below = psi_less(bytes, psi_scalar(100, PSI_UINT8));
    if (!psi_eval(PSI_ARRAYS(x, bytes)) || !psi_eval(PSI_ARRAYS(tripled, mixed, below)))
        return 1;
    const float *t = psi_data(tripled), *m = psi_data(mixed);
    const bool *b = psi_data(below);
    for (int64_t i = 0; i < LENGTH; i++)
        if (t[i] != 3.0f * (float)i || m[i] != 3.0f * (float)i - (float)(LENGTH - 1 - i))
            return 2;
    for (int64_t i = 0; i < BYTES; i++)
        if (b[i] != ((uint8_t)i < 100))
            return 3;
    return 0;
}

static void every_element_is_right(void **state)
{
    (void)state;
    const char *const names[PSI_ISA_COUNT] = {"v2", "v3", "v4", "v4x"};
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        if (!psi_isa_runs((psi_isa)isa))
            continue;
        pid_t child = fork();
        if (child == 0) {
            setenv("PSIONIC_ISA", names[isa], 1);
            _exit(first_wrong());
        }
        int status = 0;
        assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_element_is_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
