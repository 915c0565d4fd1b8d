/* strided.c: reading elements of any layout in row-major order, by runs along the innermost axis. */
#include "eval/strided.h"

#include <string.h>

#include "core/shape.h"

void psi_strided_of(psi_strided *s, psi_array a)
{
    psi_strided_with(s, a, psi_shape_of(a), psi_strides_of(a));
}

void psi_strided_with(psi_strided *s, psi_array a, psi_ints shape, const int64_t *strides)
{
    s->base = psi_values(a);
    s->itemsize = (int)psi_itemsize(a);
    for (int i = 0; i < shape.count; i++) {
        s->shape[i] = shape.data[i];
        s->strides[i] = strides[i];
    }
    s->ndim = psi_collapse(shape.count, s->shape, 1, (int64_t *const[]){s->strides});
}

#define RUN(type)                           \
    do {                                    \
        type *o = out;                      \
        const type *p = (const void *)from; \
        for (int64_t i = 0; i < n; i++)     \
            o[i] = p[i * stride];           \
    } while (0)

/* n elements at a constant stride, to dense memory. */
static void run(void *out, const char *from, int64_t stride, int64_t n, int itemsize)
{
    if (stride == 1)
        memcpy(out, from, (size_t)(n * itemsize));
    else if (itemsize == 1)
        RUN(uint8_t);
    else if (itemsize == 2)
        RUN(uint16_t);
    else if (itemsize == 4)
        RUN(uint32_t);
    else
        RUN(uint64_t);
}

void psi_strided_repeat(const void *element, int itemsize, int64_t n, void *out)
{
    run(out, element, 0, n, itemsize);
}

void psi_strided_load(const psi_strided *s, int64_t start, int64_t n, void *out)
{
    int64_t at[PSI_MAX_NDIM], rest = start, offset = 0;
    char *to = out;
    int last = s->ndim - 1;
    for (int i = last; i >= 0; i--) {
        at[i] = rest % s->shape[i];
        rest /= s->shape[i];
        offset += at[i] * s->strides[i];
    }
    while (n > 0) {
        int64_t length = s->shape[last] - at[last];
        if (length > n)
            length = n;
        run(to, s->base + offset * s->itemsize, s->strides[last], length, s->itemsize);
        to += length * s->itemsize;
        n -= length;
        offset += length * s->strides[last];
        at[last] += length;
        for (int i = last; i > 0 && at[i] == s->shape[i]; i--) {
            offset += s->strides[i - 1] - at[i] * s->strides[i];
            at[i] = 0;
            at[i - 1]++;
        }
    }
}

void psi_strided_places(const psi_strided *s, int64_t start, int64_t n, int64_t *out)
{
    int64_t at[PSI_MAX_NDIM], rest = start, place = 0;
    int last = s->ndim - 1;
    for (int i = last; i >= 0; i--) {
        at[i] = rest % s->shape[i];
        rest /= s->shape[i];
        place += at[i] * s->strides[i];
    }
    for (int64_t k = 0; k < n; k++) {
        out[k] = place;
        at[last]++;
        place += s->strides[last];
        for (int i = last; i > 0 && at[i] == s->shape[i]; i--) {
            place += s->strides[i - 1] - at[i] * s->strides[i];
            at[i] = 0;
            at[i - 1]++;
        }
    }
}
