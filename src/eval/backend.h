/* backend.h: what the evaluator asks of a device's kernels. The CPU's are in src/cpu; one per op that is
 * not element-wise, and one row kernel per element-wise op and dtype.
 * Contract: kernels get ready inputs, set buffer, strides and layout of their node's outputs, and report
 * failure by recording an error and returning false. */
#ifndef PSI_EVAL_BACKEND_H
#define PSI_EVAL_BACKEND_H

#include "core/node.h"

/* n elements, dense; out may be the same memory as an input, never overlap it otherwise. b, c unused by lower arities. */
typedef void (*psi_row_fn)(int64_t n, void *out, const void *a, const void *b, const void *c);

/* Writes `bytes` bytes past the caches; a last call with 0 bytes comes before other threads may read them. */
typedef void (*psi_copy_fn)(char *to, const char *from, size_t bytes);
/* What a result has at least that is written so: more than a core's share of the caches holds. */
#define PSI_FAR_BYTES ((size_t)16 << 20)

typedef bool (*psi_node_fn)(psi_node *node);

typedef struct psi_backend {
    const char *name;
    psi_row_fn (*row)(int op, psi_dtype in); /* NULL when the op does not take the dtype */
    psi_row_fn (*cast)(psi_dtype to, psi_dtype from);
    psi_node_fn (*node)(int op); /* NULL when the backend lacks the op */
    psi_copy_fn (*copy_far)(void);
} psi_backend;

const psi_backend *psi_backend_cpu(void);

/* Gives an output a fresh row-major buffer. False with the error recorded. */
bool psi_output_new(psi_array out);
/* Of a buffer's memory so much may be left over, as upstream has it. */
#define PSI_SLACK_BYTES ((size_t)1 << 14)
/* True when the input's buffer has no other holder, and the size that the output wants. */
bool psi_memory_fits(psi_array in, psi_array out);
/* Gives an output the values of an input of its shape, in row-major memory that may then be written: the input's own
 * where nobody else holds it. */
bool psi_output_copy(psi_array out, psi_array in);
/* Makes an output a view of an input's buffer: the caller has filled out's strides; `offset` in elements from
 * the input's first element. Sets layout and data_size. */
void psi_output_view(psi_array out, psi_array in, int64_t offset);

/* Copies any layout into row-major memory of the same dtype, in parallel when large. */
void psi_copy_dense(void *out, psi_array in);
/* `a` itself when row-major, else a temporary copy; *temp is what to free (NULL for none). NULL on failure. */
const void *psi_dense_values(psi_array a, psi_buffer **temp);

#endif
