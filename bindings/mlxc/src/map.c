/* map.c: the two kinds of maps, each map.inc over its values. */
#include "mlxc.h"

#include <stdlib.h>
#include <string.h>

static bool take_array(psi_array *to, mlx_array a)
{
    return (*to = psi_retain(mlxc_array_of(a)));
}

static bool copy_array(psi_array *to, psi_array from)
{
    return (*to = psi_retain(from));
}

#define MAP mlx_map_string_to_array
#define ITERATOR mlx_map_string_to_array_iterator
#define NAMED(suffix) mlx_map_string_to_array_##suffix
#define ITEM psi_array
#define GIVEN const mlx_array
#define WANTED mlx_array
#define TAKE take_array
#define TELL(to, item) mlxc_set_array(&(to)->ctx, item)
#define COPY copy_array
#define DROP psi_release
#include "map.inc"

static bool take_text(char **to, const char *text)
{
    return mlxc_given(text, "value") && (*to = mlxc_copy_text(text));
}

#define MAP mlx_map_string_to_string
#define ITERATOR mlx_map_string_to_string_iterator
#define NAMED(suffix) mlx_map_string_to_string_##suffix
#define ITEM char *
#define GIVEN const char *
#define WANTED const char *
#define TAKE take_text
#define TELL(to, item) (*(to) = (item), true)
#define COPY take_text
#define DROP free
#include "map.inc"
