/* device.c: the devices of this machine and build: one CPU, and what it is. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/error.h"
#include "core/thread.h"

bool psi_device_is_available(psi_device device)
{
    return device.type == PSI_CPU && device.index == 0;
}

int psi_device_count(psi_device_type type)
{
    return type == PSI_CPU ? 1 : 0;
}

bool psi_needs_device(psi_device device, const char *what)
{
    if (psi_device_is_available(device))
        return true;
    psi_fail(PSI_UNSUPPORTED_BACKEND_CAPABILITY, PSI_VALUE_ERROR, "%s: this build has no %s device %d", what,
             device.type == PSI_GPU ? "GPU" : "CPU", device.index);
    return false;
}

psi_device psi_default_device(void)
{
    return psi_this_thread.stream.device;
}

bool psi_set_default_device(psi_device device)
{
    return psi_needs_device(device, "set_default_device");
}

/* What the kernel calls the processor; other architectures than x86 may leave it out. */
static void find_processor(char *name, size_t room)
{
    char line[256];
    FILE *cpus = fopen("/proc/cpuinfo", "r");
    while (cpus && fgets(line, sizeof line, cpus)) {
        char *value = strncmp(line, "model name", 10) ? NULL : strstr(line, ": ");
        if (value) {
            value[strcspn(value, "\n")] = 0;
            snprintf(name, room, "%.*s", (int)room - 1, value + 2);
            break;
        }
    }
    if (cpus)
        fclose(cpus);
}

psi_device_facts psi_device_info(psi_device device)
{
    psi_device_facts facts = {0};
    struct utsname machine;
    if (!psi_device_is_available(device))
        return facts;
    snprintf(facts.architecture, sizeof facts.architecture, "%s",
             uname(&machine) ? "unknown" : machine.machine);
    memcpy(facts.name, facts.architecture, sizeof facts.architecture);
    find_processor(facts.name, sizeof facts.name);
    return facts;
}
