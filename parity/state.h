/* state.h: what the program knows of the one case it runs. Owned by case.c; written by the checks, read by main.c. */
#ifndef PARITY_STATE_H
#define PARITY_STATE_H

#define PARITY_NO_RECORD
#include "case.h"

#define PARITY_TEXT_MAX 2048
#define PARITY_NAMES_MAX 1024
#define PARITY_HASHES_MAX 256

typedef struct parity_state {
    int checks, failures;
    const char *unsupported; /* why, or NULL */
    bool refused;
    psi_code refusal_code;
    char refusal_scope[128];
    char refusal_detail[PSI_MESSAGE_MAX];
    char message[PARITY_TEXT_MAX]; /* the first failures, one a line */
    char notes[PARITY_TEXT_MAX];
    const char *calls[PARITY_NAMES_MAX];
    int call_count;
    uint64_t hashes[PARITY_HASHES_MAX]; /* of the arrays given to CHECK_EVERY_ISA */
    int hash_count;
} parity_state;

extern parity_state parity_now;

/* The registered cases, newest first. */
extern parity_case *parity_cases;

/* Counts a check; when it failed, prints and keeps `file:line: text: ` and the formatted detail. Returns `held`. */
bool parity_judge(const char *file, int line, bool held, const char *text, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Adds a failure that is no check of the case's own. */
void parity_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* isa.c: runs the program again as `--hashes id` under each kernel set, and judges that all agree with parity_now. */
void parity_compare_isas(const char *program, const char *id);

#endif
