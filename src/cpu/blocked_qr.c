/* blocked_qr.c: QR in compact WY form: the reflectors of a panel are 1 - V T V^H, which products apply.
 * Invariant: V of the panel at column i is kept as LAPACK's columns, m - i long, from `panels` + i * m, with its ones and
 * zeros written out; T lies in columns too, zeros written out. */
#include <string.h>

#include "cpu/blocked.h"

typedef struct workspace {
    psi_rows a;
    char *panels, *conjugate, *t, *applied_t, *sums[2];
} workspace;

static size_t widest(const psi_lapack_job *j)
{
    return (size_t)(j->n > j->k ? j->n : j->k);
}

size_t psi_blocked_qr_room(const psi_lapack_job *j)
{
    size_t m = (size_t)j->m, k = (size_t)j->k;
    return m * k + PSI_BLOCK * (m + k + PSI_BLOCK + 2 * widest(j));
}

static char *take(const psi_lapack_job *j, char **room, size_t count)
{
    char *taken = *room;
    *room += count * j->item;
    return taken;
}

static workspace lay_out(const psi_lapack_job *j, psi_rows a, char *room)
{
    size_t m = (size_t)j->m, k = (size_t)j->k;
    workspace w = {.a = a};
    w.panels = take(j, &room, m * k);
    w.conjugate = take(j, &room, PSI_BLOCK * m);
    w.t = take(j, &room, PSI_BLOCK * k);
    w.applied_t = take(j, &room, PSI_BLOCK * PSI_BLOCK);
    for (int i = 0; i < 2; i++)
        w.sums[i] = take(j, &room, PSI_BLOCK * widest(j));
    return w;
}

static int64_t width_at(const psi_lapack_job *j, int64_t i)
{
    return j->k - i < PSI_BLOCK ? j->k - i : PSI_BLOCK;
}

static psi_rows panel_at(const psi_lapack_job *j, const workspace *w, int64_t i)
{
    return (psi_rows){w->panels + (size_t)(i * j->m) * j->item, j->m - i};
}

static psi_rows t_at(const psi_lapack_job *j, const workspace *w, int64_t i)
{
    return (psi_rows){w->t + (size_t)(i * PSI_BLOCK) * j->item, width_at(j, i)};
}

/* c -= V T V^H c, or V T^H V^H c, where c begins in row i of the matrix and has `cols` columns. */
static int reflect(const psi_lapack_job *j, const workspace *w, int64_t i, bool adjoint, psi_rows c,
                   int64_t cols)
{
    int64_t rows = j->m - i, width = width_at(j, i);
    psi_rows v = panel_at(j, w, i), t = t_at(j, w, i), sums[2] = {{w->sums[0], cols}, {w->sums[1], cols}};
    if (adjoint)
        t = psi_blocked_conjugate(j, width, width, t, w->applied_t);
    int info = psi_blocked_product(
        j, width, cols, rows,
        psi_rows_operand(j, psi_blocked_conjugate(j, width, rows, v, w->conjugate), false),
        psi_rows_operand(j, c, false), sums[0], false);
    if (!info)
        info = psi_blocked_product(j, width, cols, width, psi_rows_operand(j, t, !adjoint),
                                   psi_rows_operand(j, sums[0], false), sums[1], false);
    return info ? info
                : psi_blocked_product(j, rows, cols, width, psi_rows_operand(j, v, true),
                                      psi_rows_operand(j, sums[1], false), c, true);
}

/* Factors the panel at column i; its triangle of R goes where it was. */
static int factor_panel(const psi_lapack_job *j, const workspace *w, int64_t i)
{
    int info = 0, rows = j->m - (int)i, width = (int)width_at(j, i);
    psi_rows here = psi_rows_from(j, w->a, i, i), v = panel_at(j, w, i), t = t_at(j, w, i);
    psi_lapack_columns(j->item, rows, width, here.at, here.row, v.at, rows);
    j->fn->geqrt3(&rows, &width, v.at, &rows, t.at, &width, &info);
    psi_lapack_rows(j->item, width, width, v.at, rows, here.at, here.row);
    psi_lapack_clear_triangle(j->item, width, width, false, t.at);
    psi_lapack_clear_triangle(j->item, width, rows, true, v.at);
    for (int64_t c = 0; c < width; c++)
        memcpy(psi_rows_from(j, v, c, c).at, psi_blocked_one(j), j->item);
    return info;
}

int psi_blocked_qr(const psi_lapack_job *j, const char *a, psi_rows q, psi_rows r, char *room)
{
    bool tall = j->m > j->n; /* the one result that is as large as the matrix is where it is worked on */
    workspace w = lay_out(j, tall ? q : r, room);
    memcpy(w.a.at, a, j->bytes);
    for (int64_t i = 0; i < j->k; i += PSI_BLOCK) {
        int64_t width = width_at(j, i), right = j->n - i - width;
        int info = factor_panel(j, &w, i);
        if (!info && right > 0)
            info = reflect(j, &w, i, true, psi_rows_from(j, w.a, i, i + width), right);
        if (info)
            return info;
    }
    if (tall)
        memcpy(r.at, q.at, (size_t)j->k * (size_t)j->n * j->item);
    psi_lapack_clear_triangle(j->item, j->k, j->n, true, r.at);
    psi_blocked_ones(j, j->m, j->k, q);
    int info = 0;
    for (int64_t i = (j->k - 1) / PSI_BLOCK * PSI_BLOCK; i >= 0 && !info; i -= PSI_BLOCK)
        info = reflect(j, &w, i, false, psi_rows_from(j, q, i, i), j->k - i);
    return info;
}
