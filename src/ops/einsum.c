/* einsum.c: Einstein summations: each step of the path is a diagonal, a sum, and a matrix product where two operands
 * share a letter that goes, a broadcast product with a sum where not. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"
#include "ops/einsum.h"

/* An operand on its way: its axes are the term's letters. */
typedef struct factor {
    psi_array array;
    psi_einsum_term term;
} factor;

static int axis_of(const psi_einsum_term *term, int letter, int from)
{
    for (int i = from; i < term->count; i++)
        if (term->letters[i] == letter)
            return i;
    return -1;
}

static void drop_axis(psi_einsum_term *term, int axis)
{
    uint8_t *at = term->letters + axis;
    memmove(at, at + 1, (size_t)(term->count-- - axis - 1));
}

/* A letter that stands twice is a diagonal. */
static void take_diagonals(factor *f)
{
    for (int i = 0; i < f->term.count; i++) {
        int letter = f->term.letters[i], other = axis_of(&f->term, letter, i + 1);
        if (other < 0)
            continue;
        f->array = psi_diagonal(f->array, 0, i, other);
        drop_axis(&f->term, other);
        drop_axis(&f->term, i);
        f->term.letters[f->term.count++] = (uint8_t)letter;
        i--;
    }
}

/* Sums letters that neither the output nor another factor has. */
static void sum_own(factor *f, uint64_t others)
{
    int64_t axes[PSI_MAX_NDIM];
    int count = 0;
    psi_einsum_term kept = {0};
    for (int i = 0; i < f->term.count; i++) {
        if (others & psi_einsum_bit(f->term.letters[i]))
            psi_einsum_put(&kept, f->term.letters[i]);
        else
            axes[count++] = i;
    }
    if (count)
        f->array = psi_sum(f->array, (psi_ints){axes, count}, false);
    f->term = kept;
}

/* The array with its axes in the order of `wanted`, new ones of length 1 where it lacks a letter. */
static psi_array arrange(const factor *f, const psi_einsum_term *wanted)
{
    int64_t order[PSI_MAX_NDIM], missing[PSI_MAX_NDIM];
    int kept = 0, gaps = 0;
    for (int i = 0; i < wanted->count; i++) {
        int axis = axis_of(&f->term, wanted->letters[i], 0);
        if (axis < 0)
            missing[gaps++] = i;
        else
            order[kept++] = axis;
    }
    psi_array moved = f->array;
    for (int i = 0; i < kept; i++)
        if (order[i] != i) {
            moved = psi_transpose(f->array, (psi_ints){order, kept});
            break;
        }
    return gaps ? psi_expand_dims(moved, (psi_ints){missing, gaps}) : moved;
}

/* ---- products ---- */

static psi_array multiply_all(factor *factors, int count, const psi_einsum_term *output)
{
    psi_einsum_term all = *output;
    int64_t axes[PSI_MAX_NDIM];
    for (int i = 0; i < count; i++)
        for (int j = 0; j < factors[i].term.count; j++)
            if (!psi_einsum_has(&all, factors[i].term.letters[j]))
                psi_einsum_put(&all, factors[i].term.letters[j]);
    psi_array y = arrange(&factors[0], &all);
    for (int i = 1; i < count; i++)
        y = psi_multiply(y, arrange(&factors[i], &all));
    for (int i = output->count; i < all.count; i++)
        axes[i - output->count] = i;
    return all.count > output->count ? psi_sum(y, (psi_ints){axes, all.count - output->count}, false) : y;
}

/* The letters of two factors by what becomes of them. */
typedef struct groups {
    psi_einsum_term batch, left, right, gone;
} groups;

static groups sort_letters(const factor *a, const factor *b, const psi_einsum_term *output)
{
    groups g = {0};
    for (int i = 0; i < a->term.count; i++) {
        int letter = a->term.letters[i];
        psi_einsum_put(!psi_einsum_has(output, letter)    ? &g.gone
                       : psi_einsum_has(&b->term, letter) ? &g.batch
                                                          : &g.left,
                       letter);
    }
    for (int i = 0; i < b->term.count; i++)
        if (!psi_einsum_has(&a->term, b->term.letters[i]))
            psi_einsum_put(&g.right, b->term.letters[i]);
    return g;
}

static void append(psi_einsum_term *out, const psi_einsum_term *more)
{
    for (int i = 0; i < more->count; i++)
        psi_einsum_put(out, more->letters[i]);
}

static int64_t length_of(const factor *f, int letter)
{
    return psi_dim(f->array, axis_of(&f->term, letter, 0));
}

/* The factor as a stack of matrices: batch axes as they are, then the two groups as one axis each. What goes is
 * broadcast to the other factor's lengths. */
static psi_array stacked(const factor *f, const factor *other, const groups *g, const psi_einsum_term *rows,
                         const psi_einsum_term *columns)
{
    int64_t shape[PSI_MAX_NDIM], flat[PSI_MAX_NDIM], sizes[2] = {1, 1};
    psi_einsum_term order = g->batch;
    append(&order, rows);
    append(&order, columns);
    for (int i = 0; i < order.count; i++) {
        int letter = order.letters[i];
        shape[i] = length_of(f, letter);
        if (psi_einsum_has(&g->gone, letter) && shape[i] == 1)
            shape[i] = length_of(other, letter);
        if (i < g->batch.count)
            flat[i] = shape[i];
        else
            sizes[i >= g->batch.count + rows->count] *= shape[i];
    }
    memcpy(flat + g->batch.count, sizes, sizeof sizes);
    psi_array wide = psi_broadcast_to(arrange(f, &order), (psi_ints){shape, order.count});
    return psi_reshape(wide, (psi_ints){flat, g->batch.count + 2});
}

static psi_array product(factor *a, factor *b, const psi_einsum_term *output)
{
    int64_t shape[PSI_MAX_NDIM];
    groups g = sort_letters(a, b, output);
    factor y = {psi_matmul(stacked(a, b, &g, &g.left, &g.gone), stacked(b, a, &g, &g.gone, &g.right)),
                g.batch};
    if (psi_is_error(y.array))
        return y.array;
    memcpy(shape, y.array->shape, (size_t)g.batch.count * sizeof *shape);
    append(&y.term, &g.left);
    append(&y.term, &g.right);
    for (int i = g.batch.count; i < y.term.count; i++)
        shape[i] = length_of(i < g.batch.count + g.left.count ? a : b, y.term.letters[i]);
    y.array = psi_reshape(y.array, (psi_ints){shape, y.term.count});
    return psi_is_error(y.array) ? y.array : arrange(&y, output);
}

/* ---- steps ---- */

/* Whether a letter of the first factor goes, which the second then has too. */
static bool is_product(const factor *factors, int count, const psi_einsum_term *output)
{
    return count == 2 && (factors[0].term.set & ~output->set) != 0;
}

static psi_array contract(factor *factors, int count, const psi_einsum_term *output)
{
    for (int i = 0; i < count; i++) {
        uint64_t others = output->set;
        for (int j = 0; j < count; j++)
            others |= j == i ? 0 : factors[j].term.set;
        take_diagonals(&factors[i]);
        if (!psi_is_error(factors[i].array))
            sum_own(&factors[i], others);
        if (psi_is_error(factors[i].array))
            return factors[i].array;
    }
    return is_product(factors, count, output) ? product(&factors[0], &factors[1], output)
                                              : multiply_all(factors, count, output);
}

psi_array psi_einsum(const char *subscripts, psi_arrays operands)
{
    psi_einsum_plan plan;
    if (!psi_einsum_plan_new(&plan, "einsum", subscripts, operands))
        return psi_error_array();
    factor *left = psi_scope_memory(2 * (size_t)plan.operands * sizeof *left), *taken = left + plan.operands;
    if (!left)
        return psi_error_array();
    int count = plan.operands;
    for (int i = 0; i < count; i++)
        left[i] = (factor){operands.data[i], plan.terms[i]};
    for (int i = 0; i < plan.steps; i++) {
        const psi_einsum_step *step = &plan.step[i];
        int kept = 0, used = 0;
        for (int j = 0; j < count; j++) {
            if (used < step->count && step->positions[used] == j)
                taken[used++] = left[j];
            else
                left[kept++] = left[j];
        }
        left[kept] = (factor){contract(taken, used, &step->output), step->output};
        if (psi_is_error(left[kept].array))
            return left[kept].array;
        count = kept + 1;
    }
    return left[0].array;
}
