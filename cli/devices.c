/* devices.c: `psionic devices`: what this machine and build can compute on. */
#include "cli.h"

#include <stdio.h>

#include <psionic/device.h>
#include <psionic/error.h>

int cli_devices(int count, char **arguments)
{
    if (cli_wants_help(count, arguments)) {
        printf("usage: psionic devices\n\nLists the devices, the CPU's kernel set (PSIONIC_ISA forces one) "
               "and the threads that\n"
               "share one op's work (PSIONIC_THREADS sets them).\n");
        return 0;
    }
    if (count > 0)
        return cli_usage("devices", "unexpected argument \"%s\"; see psionic devices --help", arguments[0]);
    psi_device chosen = psi_default_device();
    const char *isa = psi_isa_name();
    int threads = psi_thread_count();
    if (psi_failed())
        return cli_error("devices");
    static const struct {
        psi_device_type type;
        const char *name;
    } kinds[] = {{PSI_CPU, "cpu"}, {PSI_GPU, "gpu"}};
    for (int k = 0; k < 2; k++) {
        int devices = psi_device_count(kinds[k].type);
        for (int i = 0; i < devices; i++) {
            bool is_default = chosen.type == kinds[k].type && chosen.index == i;
            printf("%s:%d  available%s", kinds[k].name, i, is_default ? ", default" : "");
            if (kinds[k].type == PSI_CPU)
                printf("  kernel set %s, %d thread%s", isa, threads, threads == 1 ? "" : "s");
            printf("\n");
        }
        if (devices == 0)
            printf("%s    not available: no backend for it in this build\n", kinds[k].name);
    }
    return 0;
}
