/* isa.c: the comparison of kernel sets. The case is run again in a child per kernel set, which prints the hashes that
 * its CHECK_EVERY_ISA checks took; all must agree with this process's.
 * Agreement adds no check, for machines differ in how many sets they have, and reports must not. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `program --hashes id` with PSIONIC_ISA set, and reads what it prints. False when it did not end well. */
static bool ask(const char *program, const char *id, const char *isa, char *out, size_t room)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        setenv("PSIONIC_ISA", isa, 1);
        unsetenv("PSIONIC_FAULT"); /* a spoilt op is to differ from a sound one */
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(program, program, "--hashes", id, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while (child > 0 && used + 1 < room &&
           ((got = read(ends[0], out + used, room - 1 - used)) > 0 || (got < 0 && errno == EINTR)))
        used += got > 0 ? (size_t)got : 0;
    out[used] = 0;
    close(ends[0]);
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

void parity_compare_isas(const char *program, const char *id)
{
    static const char *const sets[] = {"v2", "v3", "v4", "v4x"};
    static char wanted[PARITY_HASHES_MAX * 17 + 1], got[PARITY_HASHES_MAX * 17 + 64];
    for (int i = 0; i < parity_now.hash_count; i++)
        snprintf(wanted + i * 17, 18, "%016llx ", (unsigned long long)parity_now.hashes[i]);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (!ask(program, id, sets[i], got, sizeof got)) {
            parity_fault("the case does not run under the kernel set %s", sets[i]);
            continue;
        }
        /* The first word is the set really used: a machine without the one asked for uses another. */
        size_t word = strcspn(got, " ");
        if (word == strlen(sets[i]) && strncmp(got, sets[i], word) == 0 &&
            strcmp(got + word + 1, wanted) != 0)
            parity_fault("the kernel set %s gives other bits than %s", sets[i], psi_isa_name());
    }
}
