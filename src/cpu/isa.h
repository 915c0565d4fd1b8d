/* isa.h: which of the compiled kernel sets this process uses. Kernels are built once per ISA under names that end
 * in v2, v3, v4 or v4x. Invariant: the choice is made once, and never names a set the processor cannot run. */
#ifndef PSI_CPU_ISA_H
#define PSI_CPU_ISA_H

#include <stdbool.h>

/* x86-64 levels in rising order; v4x is v4 with BF16 and VNNI. Other processors run v2's plain code. */
typedef enum psi_isa { PSI_ISA_v2, PSI_ISA_v3, PSI_ISA_v4, PSI_ISA_v4x, PSI_ISA_COUNT } psi_isa;

/* The set in use: the best this machine runs, or what PSIONIC_ISA names. A name that is unknown, or that this
 * machine cannot run, records an error on the first caller's thread, and the best is used. */
psi_isa psi_isa_current(void);

/* True when the set is in this build and this machine runs it. */
bool psi_isa_runs(psi_isa isa);

/* True when the processor multiplies tiles of bfloat16 and of bytes, and the system lets this process use them. Asked once. */
bool psi_isa_has_tiles(void);

/* PSI_ISA_TABLES(type, name) declares the constants name_v2, name_v3, name_v4 that a file of src/cpu/isa exports, and
 * lists them by psi_isa in name_by_isa[]. One that was not built stands for the next below it. */
#ifdef PSI_HAVE_generic
#define PSI_NAME_v2_(name) name##_generic
#else
#define PSI_NAME_v2_(name) name##_v2
#endif
#ifdef PSI_HAVE_v3
#define PSI_NAME_v3_(name) name##_v3
#else
#define PSI_NAME_v3_(name) PSI_NAME_v2_(name)
#endif
#ifdef PSI_HAVE_v4
#define PSI_NAME_v4_(name) name##_v4
#else
#define PSI_NAME_v4_(name) PSI_NAME_v3_(name)
#endif
#define PSI_ISA_TABLES(type, name)                                                                     \
    extern const type PSI_NAME_v2_(name), PSI_NAME_v3_(name), PSI_NAME_v4_(name);                      \
    static const type *const name##_by_isa[PSI_ISA_COUNT] = {&PSI_NAME_v2_(name), &PSI_NAME_v3_(name), \
                                                             &PSI_NAME_v4_(name), &PSI_NAME_v4_(name)};

#endif
