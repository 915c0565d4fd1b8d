/* read.c: reading evaluated arrays. */
#include <string.h>

#include "core/half.h"
#include "core/thread.h"
#include "eval/backend.h"

static const int64_t no_strides[1];

psi_ints psi_strides(psi_array a)
{
    if (!psi_eval1(a))
        return (psi_ints){no_strides, 0};
    return (psi_ints){psi_strides_of(a), a->ndim};
}

const void *psi_data(psi_array a)
{
    if (!psi_eval1(a))
        return NULL;
    if (a->layout & PSI_ROW_CONTIGUOUS)
        return psi_values(a);
    /* A row-major copy is kept by the innermost scope. */
    psi_buffer *copy = psi_buffer_new(psi_nbytes(a));
    if (!copy)
        return NULL;
    psi_copy_dense(copy->data, a);
    psi_array held = psi_leaf_new(copy, psi_shape_of(a), (psi_dtype)a->dtype);
    return psi_is_error(held) ? NULL : psi_values(held);
}

const void *psi_storage(psi_array a)
{
    static const int64_t nothing; /* where an array without elements begins */
    if (!psi_eval1(a))
        return NULL;
    return a->buffer && a->buffer->data ? psi_values(a) : &nothing;
}

bool psi_read(psi_array a, void *out, size_t out_bytes)
{
    if (!psi_eval1(a))
        return false;
    if (out_bytes != psi_nbytes(a)) {
        PSI_INVALID("read: %zu bytes were offered for an array of %zu", out_bytes, psi_nbytes(a));
        return false;
    }
    psi_copy_dense(out, a);
    return true;
}

/* The address of the one element, evaluated; NULL with an error. */
static const void *the_element(psi_array a)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "item"))
        return NULL;
    if (a->size != 1) {
        PSI_INVALID("item: the array has %lld elements, not one", (long long)a->size);
        return NULL;
    }
    return psi_eval1(a) ? psi_values(a) : NULL;
}

/* Converts one value through a cast kernel. */
static bool item_as(psi_array a, psi_dtype to, void *out)
{
    const void *value = the_element(a);
    if (value)
        psi_backend_cpu()->cast(to, (psi_dtype)a->dtype)(1, out, value, NULL, NULL);
    return value;
}

bool psi_item(psi_array a, double *out)
{
    return item_as(a, PSI_FLOAT64, out);
}

bool psi_item_int(psi_array a, int64_t *out)
{
    return item_as(a, PSI_INT64, out);
}

bool psi_item_complex(psi_array a, psi_complex64 *out)
{
    return item_as(a, PSI_COMPLEX64, out);
}

bool psi_is_row_contiguous(psi_array a)
{
    return psi_eval1(a) && (a->layout & PSI_ROW_CONTIGUOUS);
}

bool psi_is_col_contiguous(psi_array a)
{
    return psi_eval1(a) && (a->layout & PSI_COL_CONTIGUOUS);
}

bool psi_is_contiguous(psi_array a)
{
    return psi_eval1(a) && (a->layout & PSI_CONTIGUOUS);
}

size_t psi_data_size(psi_array a)
{
    return psi_eval1(a) ? (size_t)a->data_size : 0;
}
