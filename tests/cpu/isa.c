/* isa.c: the choice of kernel set, each in a child process because it is made once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <psionic/device.h>
#include <psionic/error.h>

#include "cpu/isa.h"

enum { AS_NAMED, AS_NAMED_WITH_ERROR, OTHERWISE };

/* What a process started with PSIONIC_ISA set so does; `expected` is the name it should end with. */
static int outcome(const char *wanted, const char *expected)
{
    pid_t child = fork();
    if (child == 0) {
        if (wanted)
            setenv("PSIONIC_ISA", wanted, 1);
        else
            unsetenv("PSIONIC_ISA");
        bool same = strcmp(psi_isa_name(), expected) == 0;
        psi_error_record record;
        bool failed = psi_error(&record);
        bool good_error =
            failed && record.code == PSI_INVALID_ARGUMENT && (!wanted || strstr(record.message, wanted));
        psi_isa_name();
        bool again = psi_failed();
        _exit(!same || again || (failed && !good_error) ? OTHERWISE
              : failed                                  ? AS_NAMED_WITH_ERROR
                                                        : AS_NAMED);
    }
    int status = 0;
    assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const char *best_name(void)
{
    static const char *const names[PSI_ISA_COUNT] = {"v2", "v3", "v4", "v4x"};
    const char *best = names[0];
    for (int i = 0; i < PSI_ISA_COUNT; i++)
        if (psi_isa_runs((psi_isa)i))
            best = names[i];
    return best;
}

static void test_choice(void **unused)
{
    (void)unused;
    assert_int_equal(outcome(NULL, best_name()), AS_NAMED);
    assert_int_equal(outcome("", best_name()), AS_NAMED);
    assert_int_equal(outcome("v2", "v2"), AS_NAMED);
    assert_int_equal(outcome(best_name(), best_name()), AS_NAMED);
    assert_int_equal(outcome("v9", best_name()), AS_NAMED_WITH_ERROR);
    if (!psi_isa_runs(PSI_ISA_v4x))
        assert_int_equal(outcome("v4x", best_name()), AS_NAMED_WITH_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_choice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
