/* isa.c: detects and chooses the kernel set. Invariant: `current` is written once, before anybody reads it. */
#include "cpu/isa.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <psionic/device.h>

#include "core/error.h"

static const char *const names[PSI_ISA_COUNT] = {"v2", "v3", "v4", "v4x"};
static pthread_once_t once = PTHREAD_ONCE_INIT;
static psi_isa current;

#ifdef __x86_64__
static bool machine_runs(psi_isa isa)
{
    __builtin_cpu_init();
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    switch (isa) {
    case PSI_ISA_v2:
        return true;
    case PSI_ISA_v3:
        return v3;
    case PSI_ISA_v4:
        return v4;
    case PSI_ISA_v4x:
        return v4 && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
    default:
        return false;
    }
}
#else
static bool machine_runs(psi_isa isa)
{
    return isa == PSI_ISA_v2;
}
#endif

#if defined(__x86_64__) && defined(SYS_arch_prctl)
#define ASK_FOR_STATE \
    0x1023 /* ARCH_REQ_XCOMP_PERM, and the number of the tiles' state: not in older headers */
#define TILE_STATE 18

static bool ask_for_tiles(void)
{
    unsigned a, b, c, d;
    bool there = __get_cpuid_count(7, 0, &a, &b, &c, &d) && d >> 22 & 1 && d >> 24 & 1 && d >> 25 & 1;
    return there && syscall(SYS_arch_prctl, ASK_FOR_STATE, TILE_STATE) == 0;
}
#else
static bool ask_for_tiles(void)
{
    return false;
}
#endif

static pthread_once_t tiles_once = PTHREAD_ONCE_INIT;
static bool tiles;

static void find_tiles(void)
{
    tiles = ask_for_tiles();
}

bool psi_isa_has_tiles(void)
{
    pthread_once(&tiles_once, find_tiles);
    return tiles;
}

static bool is_built(psi_isa isa)
{
    switch (isa) {
    case PSI_ISA_v2:
        return true;
#ifdef PSI_HAVE_v3
    case PSI_ISA_v3:
        return true;
#endif
#ifdef PSI_HAVE_v4
    case PSI_ISA_v4:
        return true;
#endif
#ifdef PSI_HAVE_v4x
    case PSI_ISA_v4x:
        return true;
#endif
    default:
        return false;
    }
}

bool psi_isa_runs(psi_isa isa)
{
    return is_built(isa) && machine_runs(isa);
}

static void choose(void)
{
    for (int i = 0; i < PSI_ISA_COUNT; i++)
        if (psi_isa_runs((psi_isa)i))
            current = (psi_isa)i;
    const char *wanted = getenv("PSIONIC_ISA");
    if (wanted == NULL || *wanted == '\0')
        return;
    for (int i = 0; i < PSI_ISA_COUNT; i++)
        if (strcmp(wanted, names[i]) == 0 && psi_isa_runs((psi_isa)i)) {
            current = (psi_isa)i;
            return;
        }
    PSI_INVALID("PSIONIC_ISA is \"%.40s\": this machine and build run v2 to %s", wanted, names[current]);
}

psi_isa psi_isa_current(void)
{
    pthread_once(&once, choose);
    return current;
}

const char *psi_isa_name(void)
{
    return names[psi_isa_current()];
}
