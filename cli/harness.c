/* harness.c: `psionic parity` and `psionic coverage`: hand over to the scripts of the source tree the command was built
 * from, or of $PSIONIC_SOURCE. They build and run the project's own tests, so without the sources there is nothing to run. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int hand_over(const char *command, const char *script, const char *about, int count, char **arguments)
{
    const char *source = getenv("PSIONIC_SOURCE");
    if (!source || !*source)
        source = PSI_SOURCE_DIR;
    char path[4096], name[64];
    int length = snprintf(path, sizeof path, "%s/scripts/release/%s", source, script);
    bool found = length > 0 && (size_t)length < sizeof path && access(path, X_OK) == 0;
    if (!found && cli_wants_help(count, arguments)) {
        printf("usage: psionic %s [ARGUMENTS]\n\n%s\nIt needs Psionic's source tree: set PSIONIC_SOURCE to "
               "one.\n",
               command, about);
        return 0;
    }
    if (!found) {
        return cli_usage(command, "io: no harness in \"%s\"; set PSIONIC_SOURCE to Psionic's source tree",
                         source);
    }
    char **all = calloc((size_t)count + 2, sizeof *all);
    if (!all)
        return cli_usage(command, "out_of_memory: too many arguments");
    all[0] = path;
    memcpy(all + 1, arguments, sizeof *all * (size_t)count);
    snprintf(name, sizeof name, "psionic %s", command);
    setenv("PSIONIC_COMMAND", name, 1);
    execv(path, all);
    int status = cli_usage(command, "io: cannot run %s: %s", path, strerror(errno));
    free(all);
    return status;
}

int cli_parity(int count, char **arguments)
{
    return hand_over("parity", "check-psionic-mlx-parity-harness.sh",
                     "Runs the parity cases and shows what each family's rows and anchors come to.", count,
                     arguments);
}

int cli_coverage(int count, char **arguments)
{
    return hand_over("coverage", "check-psionic-mlx-cpu-reference-coverage.sh",
                     "Shows which reference cases the CPU supports, and which it refuses and why.", count,
                     arguments);
}
