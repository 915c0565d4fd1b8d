/* case.h: how a parity case is written. One file per upstream test file in parity/cases/, all of them linked
 * with case.c and main.c into the program psionic-parity-cases.
 *
 *     #include "case.h"
 *
 *     PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test comparison ops")
 *     {
 *         psi_array y = psi_less(PSI_FLOATS(1, 5), PSI_FLOATS(2, 4));
 *         CHECK_DTYPE(y, PSI_BOOL);
 *         CHECK_SHAPE(y, 2);
 *         CHECK_VALUES(y, true, false);
 *         CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_less(PSI_FLOATS(1, 5), PSI_FLOATS(1, 2, 3)));
 *     }
 *
 * The three words name a row of parity/inventory.tsv, exactly. ANCHOR_CASE(name) { … } is a named test of
 * parity/anchors.tsv; several families may list the same name, it runs once. A case is registered by being written.
 *
 * A case runs alone in its process, inside one scope of its own. How it ends:
 *   pass         all checks held, at least one ran, and no error was left untaken;
 *   refusal      the same, and an EXPECT_REFUSAL among the checks was met;
 *   unsupported  UNSUPPORTED("why") was reached, and no check had failed;
 *   fail         anything else, a crash and a hang included. There is no way to skip.
 * The runner demotes a case to `unsupported (thin)` that called fewer functions than its row's `calls`, or ran fewer than
 * half of its `assertions`; parity/names.tsv says which of our names stand for an upstream name. Every public psi_
 * function that a case file calls by name is recorded; what the CHECK macros compute themselves is not, except
 * that CHECK_SHAPE and CHECK_DTYPE ask through psi_shape and psi_dtype_of.
 *
 * Checks (each evaluates its arguments once, counts as one, and lets the case go on; REQUIRE ends the case instead):
 *   CHECK(cond)                          CHECK_FALSE(cond)          REQUIRE(cond)
 *   CHECK_EQ_INT(a, b)                   integers, as int64_t
 *   CHECK_NEAR(a, b, tolerance)          |a - b| <= tolerance, of C doubles; infinities equal themselves
 *   CHECK_STR(a, b)                      C strings
 *   CHECK_SHAPE(array, 2, 3)             CHECK_SCALAR(array): no dimensions
 *   CHECK_DTYPE(array, PSI_INT32)
 *   CHECK_TRUE(array)                    one element, not zero: CHECK_TRUE(psi_array_equal(x, y, false))
 *   CHECK_VALUES(array, 1, 2, 3)         all elements in row-major order, exactly; a complex one is two numbers;
 *                                        NaN equals NaN; the zeros are equal; integers keep all 64 bits
 *   CHECK_VALUES_NEAR(array, tol, …)     the same within tol * max(1, |expected|)
 *   CHECK_EMPTY(array)                   no elements, and evaluates
 *   CHECK_SAME(a, b)                     dtype, shape and every value the same (NaN as NaN), read on the host
 *   CHECK_CLOSE(a, b, rtol, atol)        shape the same, |a - b| <= atol + rtol * |b|, dtypes may differ
 *   CHECK_ERROR(code, expression)        expression fails with an error of that code; takes the error
 *   CHECK_ERROR_KIND(code, kind, expression)
 *   EXPECT_REFUSAL(code, scope, expression)  a CHECK_ERROR of one of the seven typed refusals; `scope` says what refused
 *                                        ("cuda", "conv", "grad of sort"); the message becomes the detail
 *   CHECK_EVERY_ISA(array)               its bytes are the same from every kernel set this machine can run
 *                                        (the case is run again under each; use it where upstream compares devices, for
 *                                        ops that round once or not at all: exp and its like differ in the last bit)
 * Not checks: UNSUPPORTED("why") ends the case; NOTE("format", …) adds to what is printed when the case fails. */
#ifndef PARITY_CASE_H
#define PARITY_CASE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <psionic.h>

typedef struct parity_case {
    const char *family, *file, *test; /* family and file are NULL for an anchor */
    const char *source;
    int line;
    void (*run)(void);
    struct parity_case *next;
} parity_case;

void parity_register(parity_case *one);

#define PARITY_JOIN_(a, b) a##b
#define PARITY_NAME_(a, b) PARITY_JOIN_(a, b)

#define PARITY_DEFINE_(id, family, file, test)                                        \
    static void PARITY_NAME_(parity_run_, id)(void);                                  \
    static parity_case PARITY_NAME_(parity_entry_, id) = {                            \
        family, file, test, __FILE__, __LINE__, PARITY_NAME_(parity_run_, id), NULL}; \
    __attribute__((constructor)) static void PARITY_NAME_(parity_add_, id)(void)      \
    {                                                                                 \
        parity_register(&PARITY_NAME_(parity_entry_, id));                            \
    }                                                                                 \
    static void PARITY_NAME_(parity_run_, id)(void)

#define PARITY_CASE(family, file, test) PARITY_DEFINE_(__LINE__, #family, file, test)
#define ANCHOR_CASE(name) PARITY_DEFINE_(name, NULL, NULL, #name)

#define PARITY_HERE_ __FILE__, __LINE__

#define CHECK(cond) parity_check(PARITY_HERE_, (cond), #cond)
#define CHECK_FALSE(cond) parity_check(PARITY_HERE_, !(cond), "not: " #cond)
#define REQUIRE(cond)                                   \
    do {                                                \
        if (!parity_check(PARITY_HERE_, (cond), #cond)) \
            return;                                     \
    } while (0)
#define CHECK_EQ_INT(a, b) parity_check_int(PARITY_HERE_, #a, (int64_t)(a), (int64_t)(b))
#define CHECK_NEAR(a, b, tolerance) parity_check_near(PARITY_HERE_, #a, (a), (b), (tolerance))
#define CHECK_STR(a, b) parity_check_string(PARITY_HERE_, #a, (a), (b))
#define CHECK_SHAPE(a, ...) parity_check_shape(PARITY_HERE_, #a, psi_shape(a), PSI_INTS(__VA_ARGS__))
#define CHECK_SCALAR(a) parity_check_shape(PARITY_HERE_, #a, psi_shape(a), PSI_SCALAR_SHAPE)
#define CHECK_DTYPE(a, dtype) parity_check_dtype(PARITY_HERE_, #a, psi_dtype_of(a), (dtype))
#define CHECK_TRUE(a) parity_check_true(PARITY_HERE_, #a, (a))
#define CHECK_EMPTY(a) parity_check_values(PARITY_HERE_, #a, (a), 0, NULL, 0)
#define CHECK_VALUES(a, ...) CHECK_VALUES_NEAR(a, 0, __VA_ARGS__)
#define CHECK_VALUES_NEAR(a, tolerance, ...)                                                    \
    parity_check_values(PARITY_HERE_, #a, (a), (tolerance), (const long double[]){__VA_ARGS__}, \
                        PSI_COUNT_(long double, __VA_ARGS__))
#define CHECK_SAME(a, b) parity_check_close(PARITY_HERE_, #a, (a), (b), 0, 0, true)
#define CHECK_CLOSE(a, b, rtol, atol) parity_check_close(PARITY_HERE_, #a, (a), (b), (rtol), (atol), false)
#define CHECK_ERROR(code, expression) CHECK_ERROR_KIND(code, -1, expression)
#define CHECK_ERROR_KIND(code, kind, expression) \
    (parity_before_error(), (void)(expression), parity_check_error(PARITY_HERE_, #expression, (code), (kind)))
#define EXPECT_REFUSAL(code, scope, expression) \
    (parity_before_error(), (void)(expression), \
     parity_check_refusal(PARITY_HERE_, #expression, (code), (scope)))
#define CHECK_EVERY_ISA(a) parity_check_every_isa(PARITY_HERE_, (a))
#define NOTE(...) parity_note(__VA_ARGS__)
#define UNSUPPORTED(why)         \
    do {                         \
        parity_unsupported(why); \
        return;                  \
    } while (0)

bool parity_check(const char *file, int line, bool held, const char *text);
bool parity_check_int(const char *file, int line, const char *text, int64_t got, int64_t wanted);
bool parity_check_near(const char *file, int line, const char *text, double got, double wanted,
                       double tolerance);
bool parity_check_string(const char *file, int line, const char *text, const char *got, const char *wanted);
bool parity_check_shape(const char *file, int line, const char *text, psi_ints got, psi_ints wanted);
bool parity_check_dtype(const char *file, int line, const char *text, psi_dtype got, psi_dtype wanted);
bool parity_check_true(const char *file, int line, const char *text, psi_array a);
bool parity_check_values(const char *file, int line, const char *text, psi_array a, double tolerance,
                         const long double *wanted, int count);
bool parity_check_close(const char *file, int line, const char *text, psi_array a, psi_array b, double rtol,
                        double atol, bool same_dtype);
void parity_before_error(void);
bool parity_check_error(const char *file, int line, const char *text, psi_code code, int kind);
bool parity_check_refusal(const char *file, int line, const char *text, psi_code code, const char *scope);
bool parity_check_every_isa(const char *file, int line, psi_array a);
void parity_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void parity_unsupported(const char *why);

/* Notes that the running case called the public function psi_<name>. */
void psi_record(const char *name);

#ifndef PARITY_NO_RECORD
#if __has_include("parity/recorded.h")
#include "parity/recorded.h"
#endif
#include "recorded_core.h"
#endif

#endif
