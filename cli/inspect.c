/* inspect.c: `psionic inspect FILE.npy`: what is in an array file. Integers are read as 64-bit integers, so that their
 * range is exact; other numbers as doubles. */
#include "cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <psionic.h>

enum { FIRST = 8 };

/* The order of the file's values, which an array in memory no longer tells. The header was checked by the load. */
static const char *file_order(const char *path)
{
    char head[4096] = {0};
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(head, 1, sizeof head - 1, file) : 0;
    if (file)
        fclose(file);
    for (size_t i = 10; i + 22 < got; i++) {
        if (memcmp(head + i, "fortran_order", 13) == 0) {
            const char *value = head + i + 13 + strspn(head + i + 13, "'\": ");
            return strncmp(value, "True", 4) == 0 ? "column-major" : "row-major";
        }
    }
    return "unknown";
}

static void show_shape(psi_array a)
{
    psi_ints shape = psi_shape(a);
    printf("shape   (");
    for (int i = 0; i < shape.count; i++)
        printf("%s%" PRId64, i ? ", " : "", shape.data[i]);
    printf("%s)\n", shape.count == 1 ? "," : "");
}

#define SHOW_WHOLE(name, type, format)                                                       \
    static void name(const type *v, int64_t count)                                           \
    {                                                                                        \
        type low = v[0], high = v[0];                                                        \
        double sum = 0;                                                                      \
        for (int64_t i = 0; i < count; i++) {                                                \
            low = v[i] < low ? v[i] : low;                                                   \
            high = v[i] > high ? v[i] : high;                                                \
            sum += (double)v[i];                                                             \
        }                                                                                    \
        printf("min     %" format "\nmax     %" format "\nmean    %.9g\nfirst  ", low, high, \
               sum / (double)count);                                                         \
        for (int64_t i = 0; i < count && i < FIRST; i++)                                     \
            printf(" %" format, v[i]);                                                       \
    }
SHOW_WHOLE(show_int64, int64_t, PRId64)
SHOW_WHOLE(show_uint64, uint64_t, PRIu64)

static void show_double(const double *v, int64_t count)
{
    double low = INFINITY, high = -INFINITY, sum = 0;
    int64_t nans = 0;
    for (int64_t i = 0; i < count; i++) {
        nans += isnan(v[i]);
        low = v[i] < low ? v[i] : low;
        high = v[i] > high ? v[i] : high;
        sum += isnan(v[i]) ? 0 : v[i];
    }
    if (nans < count)
        printf("min     %.9g\nmax     %.9g\nmean    %.9g\n", low, high, sum / (double)(count - nans));
    if (nans > 0)
        printf("nan     %" PRId64 " of %" PRId64 ", left out above\n", nans, count);
    printf("first  ");
    for (int64_t i = 0; i < count && i < FIRST; i++)
        printf(" %.9g", v[i]);
}

static void show_complex(const psi_complex64 *v, int64_t count)
{
    double re = 0, im = 0;
    for (int64_t i = 0; i < count; i++) {
        re += v[i].re;
        im += v[i].im;
    }
    printf("mean    %.9g%+.9gi\nfirst  ", re / (double)count, im / (double)count);
    for (int64_t i = 0; i < count && i < FIRST; i++)
        printf(" %.9g%+.9gi", (double)v[i].re, (double)v[i].im);
}

/* The dtype in which every value of `dtype` is exact and few cases remain. */
static psi_dtype widest(psi_dtype dtype)
{
    if (dtype == PSI_COMPLEX64)
        return PSI_COMPLEX64;
    if (psi_issubdtype(dtype, PSI_FLOATING))
        return PSI_FLOAT64;
    return dtype == PSI_UINT64 ? PSI_UINT64 : PSI_INT64;
}

static bool show_values(psi_array a)
{
    psi_dtype dtype = widest(psi_dtype_of(a));
    psi_array wide = psi_astype(a, dtype);
    int64_t count = psi_size(wide);
    const void *data = psi_data(wide);
    if (psi_failed())
        return false;
    if (count == 0) {
        printf("no values\n");
        return true;
    }
    switch (dtype) {
    case PSI_COMPLEX64:
        show_complex(data, count);
        break;
    case PSI_FLOAT64:
        show_double(data, count);
        break;
    case PSI_UINT64:
        show_uint64(data, count);
        break;
    default:
        show_int64(data, count);
    }
    printf("%s\n", count > FIRST ? " ..." : "");
    return true;
}

int cli_inspect(int count, char **arguments)
{
    if (cli_wants_help(count, arguments)) {
        printf("usage: psionic inspect FILE.npy...\n\nShows dtype, shape, order, least and greatest value, "
               "mean and the first values.\n");
        return 0;
    }
    if (count == 0)
        return cli_usage("inspect", "no file; see psionic inspect --help");
    for (int i = 0; i < count; i++) {
        PSI_SCOPE;
        psi_array a = psi_load_npy(arguments[i]);
        if (psi_is_error(a))
            return cli_error("inspect");
        printf("%s%s\ndtype   %s\n", i ? "\n" : "", arguments[i], psi_dtype_name(psi_dtype_of(a)));
        show_shape(a);
        printf("order   %s\n", file_order(arguments[i]));
        if (!show_values(a))
            return cli_error("inspect");
    }
    return 0;
}
