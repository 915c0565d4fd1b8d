/* vector.c: the four kinds of lists, each vector.inc over its items; and the lists other files use. */
#include "mlxc.h"

#include <stdlib.h>

/* ---- lists of arrays, for the other files ---- */

void mlxc_clear_list(mlxc_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        psi_release(list->items[i]);
    free(list->items);
    *list = (mlxc_list){0};
}

bool mlxc_copy_list(mlxc_list *to, psi_array const *items, size_t count)
{
    *to = (mlxc_list){.items = mlxc_alloc(count, sizeof *items), .count = count, .capacity = count};
    for (size_t i = 0; to->items && i < count; i++)
        to->items[i] = psi_retain(items[i]);
    if (!to->items)
        *to = (mlxc_list){0};
    return to->items;
}

bool mlxc_set_list(void **ctx, psi_array const *items, size_t count)
{
    mlxc_list fresh, *box = NULL;
    for (size_t i = 0; i < count; i++)
        if (!items[i] || psi_is_error(items[i]))
            return MLXC_INVALID("there is no array to give");
    if (!mlxc_copy_list(&fresh, items, count))
        return false;
    if ((box = mlxc_box_for(ctx, sizeof *box))) {
        mlxc_list old = *box;
        *box = fresh;
        fresh = old;
    }
    mlxc_clear_list(&fresh);
    return box;
}

void mlxc_free_list(void *ctx)
{
    if (ctx)
        mlxc_clear_list(ctx);
    free(ctx);
}

/* ---- arrays ---- */

static bool take_array(psi_array *to, mlx_array a)
{
    return (*to = psi_retain(mlxc_array_of(a)));
}

static bool copy_array(psi_array *to, psi_array from)
{
    *to = psi_retain(from);
    return true;
}

#define VECTOR mlx_vector_array
#define NAMED(suffix) mlx_vector_array_##suffix
#define BOX mlxc_list
#define ITEM psi_array
#define GIVEN const mlx_array
#define GIVEN_LIST const mlx_array *
#define WANTED mlx_array
#define TAKE take_array
#define TELL(to, item) mlxc_set_array(&(to)->ctx, item)
#define COPY copy_array
#define DROP(item) psi_release(*(item))
#include "vector.inc"

/* ---- lists of arrays ---- */

typedef struct lists {
    mlxc_list *items;
    size_t count, capacity;
} lists;

static bool copy_list(mlxc_list *to, mlxc_list from)
{
    return mlxc_copy_list(to, from.items, from.count);
}

static bool take_list(mlxc_list *to, mlx_vector_array v)
{
    const mlxc_list *from = mlxc_box(v.ctx, "mlx_vector_array");
    return from && copy_list(to, *from);
}

#define VECTOR mlx_vector_vector_array
#define NAMED(suffix) mlx_vector_vector_array_##suffix
#define BOX lists
#define ITEM mlxc_list
#define GIVEN const mlx_vector_array
#define GIVEN_LIST const mlx_vector_array *
#define WANTED mlx_vector_array
#define TAKE take_list
#define TELL(to, item) mlxc_set_list(&(to)->ctx, (item).items, (item).count)
#define COPY copy_list
#define DROP mlxc_clear_list
#include "vector.inc"

/* ---- ints ---- */

typedef struct ints {
    int *items;
    size_t count, capacity;
} ints;

#define VECTOR mlx_vector_int
#define NAMED(suffix) mlx_vector_int_##suffix
#define BOX ints
#define ITEM int
#define GIVEN int
#define GIVEN_LIST int *
#define WANTED int
#define TAKE(to, value) (*(to) = (value), true)
#define TELL TAKE
#define COPY TAKE
#define DROP(item) (void)(item)
#include "vector.inc"

/* ---- strings ---- */

typedef struct strings {
    char **items;
    size_t count, capacity;
} strings;

static bool take_text(char **to, const char *text)
{
    return mlxc_given(text, "the string") && (*to = mlxc_copy_text(text));
}

#define VECTOR mlx_vector_string
#define NAMED(suffix) mlx_vector_string_##suffix
#define BOX strings
#define ITEM char *
#define GIVEN const char *
#define GIVEN_LIST const char **
#define WANTED char *
#define TAKE take_text
#define TELL(to, item) (*(to) = (item), true)
#define COPY take_text
#define DROP(item) free(*(item))
#include "vector.inc"
