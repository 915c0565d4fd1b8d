/* text.c: arrays as text, as upstream prints them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/half.h"
#include "eval/backend.h"

enum { EDGE = 3 };

/* Text that is cut at the room there is; `length` counts all of it. */
typedef struct text {
    char *out;
    size_t room, length;
} text;

static void put(text *t, const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (t->length + i + 1 < t->room)
            t->out[t->length + i] = s[i];
    t->length += n;
}

static int real_text(char *out, size_t room, double value)
{
    return snprintf(out, room, "%g", value);
}

static void put_number(text *t, psi_dtype dtype, const void *p)
{
    char s[96];
    switch (dtype) {
#define WHOLE(dtype, type, format, wide)                         \
    case dtype:                                                  \
        snprintf(s, sizeof s, format, (wide) * (const type *)p); \
        break;
        WHOLE(PSI_UINT8, uint8_t, "%u", unsigned)
        WHOLE(PSI_UINT16, uint16_t, "%u", unsigned)
        WHOLE(PSI_UINT32, uint32_t, "%u", unsigned)
        WHOLE(PSI_UINT64, uint64_t, "%llu", unsigned long long)
        WHOLE(PSI_INT8, int8_t, "%d", int)
        WHOLE(PSI_INT16, int16_t, "%d", int)
        WHOLE(PSI_INT32, int32_t, "%d", int)
        WHOLE(PSI_INT64, int64_t, "%lld", long long)
        WHOLE(PSI_FLOAT32, float, "%g", double)
        WHOLE(PSI_FLOAT64, double, "%g", double)
#undef WHOLE
    case PSI_BOOL:
        snprintf(s, sizeof s, "%s", *(const uint8_t *)p ? "true" : "false");
        break;
    case PSI_FLOAT16:
        real_text(s, sizeof s, (double)psi_float_of_float16(*(const uint16_t *)p));
        break;
    case PSI_BFLOAT16:
        real_text(s, sizeof s, (double)psi_float_of_bfloat16(*(const uint16_t *)p));
        break;
    default: {
        const psi_complex64 *z = p;
        bool plus = z->im >= 0 || isnan(z->im);
        int n = real_text(s, sizeof s, (double)z->re);
        n += snprintf(s + n, sizeof s - (size_t)n, "%c", plus ? '+' : '-');
        n += real_text(s + n, sizeof s - (size_t)n, (double)(plus ? z->im : -z->im));
        snprintf(s + n, sizeof s - (size_t)n, "j");
    }
    }
    put(t, s);
}

/* Depth is bounded by the number of axes. */
static void put_axis(text *t, psi_array a, const char *data, int axis)
{
    /* A stride that is never taken may be any number. */
    int64_t n = a->shape[axis];
    int64_t step = n > 1 && a->size ? psi_strides_of(a)[axis] * (int64_t)psi_itemsize(a) : 0;
    bool last = axis + 1 == a->ndim;
    put(t, "[");
    for (int64_t i = 0; i < n; i++) {
        for (int k = 0; i && !last && k < 7 + axis; k++)
            put(t, " ");
        if (i == EDGE && n > 2 * EDGE) {
            put(t, "...");
            i = n - EDGE - 1;
        } else if (last) {
            put_number(t, (psi_dtype)a->dtype, data + i * step);
        } else {
            put_axis(t, a, data + i * step, axis + 1);
        }
        if (i + 1 < n)
            put(t, last ? ", " : ",\n");
    }
    put(t, "]");
}

size_t psi_text(psi_array a, char *out, size_t room)
{
    text t = {out, room, 0};
    const char *data = psi_storage(a);
    if (!data)
        return 0;
    put(&t, "array(");
    if (a->ndim)
        put_axis(&t, a, data, 0);
    else
        put_number(&t, (psi_dtype)a->dtype, data);
    put(&t, ", dtype=");
    put(&t, psi_dtype_name((psi_dtype)a->dtype));
    put(&t, ")");
    if (room)
        out[t.length < room ? t.length : room - 1] = 0;
    return t.length;
}
