/* values.c: the checks that read arrays. Values are widened on the host to long double, which holds every 64-bit integer
 * exactly, so that no op of the library judges another. */
#include "state.h"

#include <stdlib.h>

/* An array's elements on the host; complex numbers are two values each. */
typedef struct host {
    long double *values;
    int64_t count;
} host;

static double from_half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double size;
    if (exponent == 31)
        size = fraction ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        size = ldexp(fraction, -24);
    else
        size = ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -size : size;
}

static double from_bfloat(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

#define WIDEN_(dtype, type, convert)                              \
    case dtype: {                                                 \
        type one;                                                 \
        memcpy(&one, bytes + (size_t)i * sizeof one, sizeof one); \
        return (long double)convert(one);                         \
    }

static long double widen(const unsigned char *bytes, psi_dtype dtype, int64_t i)
{
    switch (dtype) {
        WIDEN_(PSI_BOOL, uint8_t, )
        WIDEN_(PSI_UINT8, uint8_t, )
        WIDEN_(PSI_UINT16, uint16_t, )
        WIDEN_(PSI_UINT32, uint32_t, )
        WIDEN_(PSI_UINT64, uint64_t, )
        WIDEN_(PSI_INT8, int8_t, )
        WIDEN_(PSI_INT16, int16_t, )
        WIDEN_(PSI_INT32, int32_t, )
        WIDEN_(PSI_INT64, int64_t, )
        WIDEN_(PSI_FLOAT16, uint16_t, from_half)
        WIDEN_(PSI_BFLOAT16, uint16_t, from_bfloat)
        WIDEN_(PSI_FLOAT32, float, )
        WIDEN_(PSI_COMPLEX64, float, )
        WIDEN_(PSI_FLOAT64, double, )
    case PSI_DTYPE_COUNT:
        break;
    }
    return (long double)NAN;
}

/* False, judged as a failed check, when the array cannot be read. */
static bool read_host(const char *file, int line, const char *text, psi_array a, host *out)
{
    *out = (host){NULL, 0};
    size_t bytes = psi_nbytes(a);
    unsigned char *raw = malloc(bytes ? bytes : 1);
    psi_error_record record = {.message = "it is an error array"};
    if (!raw || psi_is_error(a) || !psi_read(a, raw, bytes)) {
        psi_error(&record);
        free(raw);
        return parity_judge(file, line, false, text, "cannot be read: %s", record.message);
    }
    psi_dtype dtype = psi_dtype_of(a);
    out->count = psi_size(a) * (dtype == PSI_COMPLEX64 ? 2 : 1);
    out->values = malloc(sizeof(long double) * (size_t)(out->count ? out->count : 1));
    for (int64_t i = 0; out->values && i < out->count; i++)
        out->values[i] = widen(raw, dtype, i);
    free(raw);
    return out->values || parity_judge(file, line, false, text, "out of memory");
}

static bool near(long double got, long double wanted, long double tolerance)
{
    return got == wanted || (isnan(got) && isnan(wanted)) || fabsl(got - wanted) <= tolerance;
}

bool parity_check_true(const char *file, int line, const char *text, psi_array a)
{
    host h;
    if (!read_host(file, line, text, a, &h))
        return false;
    bool held = h.count == 1 && h.values[0] != 0;
    int64_t count = h.count;
    free(h.values);
    return parity_judge(file, line, held, text, count == 1 ? "is false" : "has %lld values, wanted one",
                        (long long)count);
}

bool parity_check_values(const char *file, int line, const char *text, psi_array a, double tolerance,
                         const long double *wanted, int count)
{
    host h;
    if (!read_host(file, line, text, a, &h))
        return false;
    int64_t bad = -1;
    for (int64_t i = 0; bad < 0 && i < h.count && i < count; i++) {
        long double scale = fabsl(wanted[i]) > 1 ? fabsl(wanted[i]) : 1;
        bad = near(h.values[i], wanted[i], tolerance > 0 ? tolerance * scale : 0) ? -1 : i;
    }
    bool held = h.count == count && bad < 0;
    long double got = bad < 0 ? 0 : h.values[bad], want = bad < 0 ? 0 : wanted[bad];
    free(h.values);
    if (bad < 0)
        return parity_judge(file, line, held, text, "has %lld values, wanted %d", (long long)h.count, count);
    return parity_judge(file, line, held, text, "value %lld is %.21Lg, wanted %.21Lg within %g",
                        (long long)bad, got, want, tolerance);
}

static bool same_shape(psi_array a, psi_array b)
{
    psi_ints x = psi_shape(a), y = psi_shape(b);
    return x.count == y.count &&
           (x.count == 0 || memcmp(x.data, y.data, sizeof(int64_t) * (size_t)x.count) == 0);
}

bool parity_check_close(const char *file, int line, const char *text, psi_array a, psi_array b, double rtol,
                        double atol, bool same_dtype)
{
    host x, y;
    if (!read_host(file, line, text, a, &x))
        return false;
    if (!read_host(file, line, text, b, &y)) {
        free(x.values);
        return false;
    }
    bool alike =
        same_shape(a, b) && x.count == y.count && (!same_dtype || psi_dtype_of(a) == psi_dtype_of(b));
    int64_t bad = -1;
    for (int64_t i = 0; alike && bad < 0 && i < x.count; i++)
        bad = near(x.values[i], y.values[i], atol + rtol * fabsl(y.values[i])) ? -1 : i;
    long double got = bad < 0 ? 0 : x.values[bad], want = bad < 0 ? 0 : y.values[bad];
    free(x.values);
    free(y.values);
    if (!alike) {
        return parity_judge(file, line, false, text, "shapes or dtypes differ (%s of %lld, %s of %lld)",
                            psi_dtype_name(psi_dtype_of(a)), (long long)psi_size(a),
                            psi_dtype_name(psi_dtype_of(b)), (long long)psi_size(b));
    }
    return parity_judge(file, line, bad < 0, text,
                        "value %lld is %.21Lg, wanted %.21Lg within %g + %g * |wanted|", (long long)bad, got,
                        want, atol, rtol);
}

bool parity_check_every_isa(const char *file, int line, psi_array a)
{
    size_t bytes = psi_nbytes(a);
    const unsigned char *data = psi_data(a);
    if (!data && bytes) {
        psi_error(NULL);
        return parity_judge(file, line, false, "CHECK_EVERY_ISA", "cannot be read");
    }
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ data[i]) * 1099511628211u;
    bool room = parity_now.hash_count < PARITY_HASHES_MAX;
    if (room)
        parity_now.hashes[parity_now.hash_count++] = hash;
    return parity_judge(file, line, room, "CHECK_EVERY_ISA", "too many in one case");
}
