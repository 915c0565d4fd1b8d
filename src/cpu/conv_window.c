/* conv_window.c: copies what a block of a convolution reads into float32 rows of channels, padding included, so that
 * every tap of every position lies at a fixed distance. Invariant: writes the whole window, reads the input only. */
#include <string.h>

#include "cpu/conv.h"

#define RUN 256
#define MOST_REPEATED 2048 /* channels of a block of columns, eight to a group */

/* One line of places along axis 3, of which [low, high) exist; `from` is place 0, existing or not. */
typedef struct line {
    const psi_conv *c;
    const psi_gemm_kernels *kernels;
    const char *from;
    int64_t places, low, high, step; /* step: bytes from one place to the next */
    int64_t channels, width;         /* of a row of channels, and floats from one to the next */
    int64_t place;                   /* floats from one place to the next */
} line;

/* Channels of one place after the other. */
static void by_place(const line *l, float *to)
{
    const psi_conv *c = l->c;
    for (int64_t x = l->low; x < l->high; x++)
        l->kernels->load(c->dtype, l->channels, l->from + x * l->step, c->in_channel, to + x * l->width);
}

/* A channel after the other, for inputs whose places are neighbours. */
static void by_channel(const line *l, float *to)
{
    const psi_conv *c = l->c;
    const int64_t size = psi_gemm_size(c->dtype);
    float run[RUN];
    for (int64_t from = l->low; from < l->high; from += RUN) {
        int64_t count = psi_gemm_min(RUN, l->high - from);
        for (int64_t k = 0; k < l->channels; k++) {
            l->kernels->load(c->dtype, count, l->from + from * size + k * c->in_channel * size, 1, run);
            for (int64_t x = 0; x < count; x++)
                to[(from + x) * l->width + k] = run[x];
        }
    }
}

/* For each of a group's channels a row, in which it is there once for each column. */
static void repeated(const line *l, float *to)
{
    const psi_conv *c = l->c;
    const int64_t groups = l->channels / c->multiple;
    float values[MOST_REPEATED];
    for (int64_t x = l->low; x < l->high; x++) {
        l->kernels->load(c->dtype, groups * c->inner, l->from + x * l->step, c->in_channel, values);
        for (int64_t i = 0; i < c->inner; i++) {
            float *row = to + x * l->place + i * l->width;
            for (int64_t g = 0; g < groups; g++)
                for (int64_t j = 0; j < c->multiple; j++)
                    *row++ = values[g * c->inner + i];
            memset(row, 0, (size_t)(l->width - l->channels) * sizeof *row);
        }
    }
}

static void fill_line(const line *l, float *to)
{
    const psi_conv *c = l->c;
    const int64_t size = psi_gemm_size(c->dtype);
    if (l->low >= l->high) {
        memset(to, 0, (size_t)(l->places * l->place) * sizeof *to);
        return;
    }
    memset(to, 0, (size_t)(l->low * l->place) * sizeof *to);
    memset(to + l->high * l->place, 0, (size_t)((l->places - l->high) * l->place) * sizeof *to);
    if (c->multiple > 1 || c->inner > 1) {
        repeated(l, to);
        return;
    }
    if (l->width > l->channels)
        for (int64_t x = l->low; x < l->high; x++)
            memset(to + x * l->width + l->channels, 0, (size_t)(l->width - l->channels) * sizeof *to);
    if (c->in_channel == 1 && l->step == l->channels * size && l->width == l->channels)
        l->kernels->load(c->dtype, (l->high - l->low) * l->width, l->from + l->low * l->step, 1,
                         to + l->low * l->width);
    else if (l->step == size && c->in_channel != 1)
        by_channel(l, to);
    else
        by_place(l, to);
}

void psi_conv_window(const psi_conv *c, const psi_gemm_kernels *kernels, const psi_conv_part *part,
                     int64_t width, float *to)
{
    int64_t first[PSI_CONV_AXES], extent[PSI_CONV_AXES];
    for (int i = 0; i < PSI_CONV_AXES; i++) {
        const psi_conv_axis *a = &c->axis[i];
        first[i] = a->first + (part->at[i] * a->stride + part->tap[i] * a->move) * a->unit;
        extent[i] = psi_conv_extent(a, part->positions[i], part->taps[i]);
    }
    const psi_conv_axis *inner = &c->axis[3];
    const int64_t size = psi_gemm_size(c->dtype), lines = extent[0] * extent[1] * extent[2];
    line l = {.c = c,
              .kernels = kernels,
              .places = extent[3],
              .step = inner->in_stride * inner->unit * size,
              .channels = part->channels,
              .width = width,
              .place = width * c->inner};
    int64_t low = psi_gemm_clamp(psi_gemm_ceil(first[3] < 0 ? -first[3] : 0, inner->unit), 0, extent[3]);
    int64_t high = first[3] >= inner->size
                       ? 0
                       : psi_gemm_clamp(psi_gemm_ceil(inner->size - first[3], inner->unit), 0, extent[3]);
    for (int64_t i = 0; i < lines; i++, to += extent[3] * l.place) {
        int64_t rest = i,
                at = part->channel / c->multiple * c->inner * c->in_channel + first[3] * inner->in_stride;
        bool exists = true;
        for (int k = 2; k >= 0; k--) {
            int64_t place = first[k] + rest % extent[k] * c->axis[k].unit;
            rest /= extent[k];
            exists &= place >= 0 && place < c->axis[k].size;
            at += place * c->axis[k].in_stride;
        }
        l.from = c->in + at * size;
        l.low = exists ? low : 0;
        l.high = exists ? high : 0;
        fill_line(&l, to);
    }
}
