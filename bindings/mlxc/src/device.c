/* device.c: mlx_device and mlx_device_info. Facts are those upstream tells about a CPU; of other devices
 * there are none. */
#include "mlxc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mlx/c/device.h>

bool mlxc_set_device(mlx_device *dev, psi_device device)
{
    psi_device *box = mlxc_given(dev, "dev") ? mlxc_box_for(&dev->ctx, sizeof *box) : NULL;
    if (box)
        *box = device;
    return box;
}

static const psi_device *device_of(mlx_device dev)
{
    return mlxc_box(dev.ctx, "mlx_device");
}

mlx_device mlx_device_new(void)
{
    return (mlx_device){NULL};
}

mlx_device mlx_device_new_type(mlx_device_type type, int index)
{
    mlx_device out = {NULL};
    bool known = type == MLX_CPU || type == MLX_GPU || MLXC_INVALID("device type %d is unknown", (int)type);
    mlxc_done(known && mlxc_set_device(&out, (psi_device){(psi_device_type)type, index}));
    return out;
}

int mlx_device_free(mlx_device dev)
{
    free(dev.ctx);
    return 0;
}

int mlx_device_set(mlx_device *dev, const mlx_device src)
{
    const psi_device *from = device_of(src);
    return mlxc_done(from && mlxc_set_device(dev, *from));
}

int mlx_device_tostring(mlx_string *str, mlx_device dev)
{
    char text[64];
    const psi_device *d = device_of(dev);
    if (d)
        snprintf(text, sizeof text, "Device(%s, %d)", d->type == PSI_GPU ? "gpu" : "cpu", d->index);
    return mlxc_done(d && mlxc_given(str, "str") && mlxc_set_text(&str->ctx, text));
}

bool mlx_device_equal(mlx_device lhs, mlx_device rhs)
{
    const psi_device *a = device_of(lhs), *b = device_of(rhs);
    if (a && b)
        return a->type == b->type && a->index == b->index;
    mlxc_report();
    return false;
}

int mlx_device_get_index(int *index, mlx_device dev)
{
    const psi_device *d = device_of(dev);
    if (!d || !mlxc_given(index, "index"))
        return mlxc_report();
    *index = d->index;
    return 0;
}

int mlx_device_get_type(mlx_device_type *type, mlx_device dev)
{
    const psi_device *d = device_of(dev);
    if (!d || !mlxc_given(type, "type"))
        return mlxc_report();
    *type = (mlx_device_type)d->type;
    return 0;
}

int mlx_get_default_device(mlx_device *dev)
{
    return mlxc_done(mlxc_set_device(dev, psi_default_device()));
}

int mlx_set_default_device(mlx_device dev)
{
    const psi_device *d = device_of(dev);
    return mlxc_done(d && psi_set_default_device(*d));
}

int mlx_device_is_available(bool *avail, mlx_device dev)
{
    const psi_device *d = device_of(dev);
    if (!d || !mlxc_given(avail, "avail"))
        return mlxc_report();
    *avail = psi_device_is_available(*d);
    return 0;
}

int mlx_device_count(int *count, mlx_device_type type)
{
    bool known = type == MLX_CPU || type == MLX_GPU || MLXC_INVALID("device type %d is unknown", (int)type);
    if (!known || !mlxc_given(count, "count"))
        return mlxc_report();
    *count = psi_device_count((psi_device_type)type);
    return 0;
}

/* ---- facts ---- */

static const char *const keys[] = {"architecture", "device_name"};

mlx_device_info mlx_device_info_new(void)
{
    return (mlx_device_info){NULL};
}

int mlx_device_info_get(mlx_device_info *info, mlx_device dev)
{
    const psi_device *d = device_of(dev);
    psi_device_facts *box = d && mlxc_given(info, "info") ? mlxc_box_for(&info->ctx, sizeof *box) : NULL;
    if (!box)
        return mlxc_report();
    *box = psi_device_info(*d);
    return 0;
}

int mlx_device_info_free(mlx_device_info info)
{
    free(info.ctx);
    return 0;
}

/* The fact of a key: 0 and its value, NULL where there is none; or 1 after telling the handler. */
static int find_fact(const char **value, mlx_device_info info, const char *key, const void *wanted)
{
    const psi_device_facts *box = mlxc_box(info.ctx, "mlx_device_info");
    if (!box || !mlxc_given(key, "key") || !mlxc_given(wanted, "the result"))
        return mlxc_report();
    if (*box->name && !strcmp(key, keys[0]))
        *value = box->architecture;
    if (*box->name && !strcmp(key, keys[1]))
        *value = box->name;
    return 0;
}

int mlx_device_info_has_key(bool *exists, mlx_device_info info, const char *key)
{
    const char *value = NULL;
    int failed = find_fact(&value, info, key, exists);
    if (!failed)
        *exists = value;
    return failed;
}

int mlx_device_info_is_string(bool *is_string, mlx_device_info info, const char *key)
{
    const char *value = NULL;
    int failed = find_fact(&value, info, key, is_string);
    if (failed || !value)
        return failed ? failed : 2;
    *is_string = true;
    return 0;
}

int mlx_device_info_get_string(const char **value, mlx_device_info info, const char *key)
{
    const char *found = NULL;
    int failed = find_fact(&found, info, key, value);
    if (failed || !found)
        return failed ? failed : 2;
    *value = found;
    return 0;
}

int mlx_device_info_get_size(size_t *value, mlx_device_info info, const char *key)
{
    const char *found = NULL;
    int failed = find_fact(&found, info, key, value);
    return failed ? failed : 2; /* no fact about a CPU is a size */
}

int mlx_device_info_get_keys(mlx_vector_string *list, mlx_device_info info)
{
    const psi_device_facts *box = mlxc_box(info.ctx, "mlx_device_info");
    if (!box)
        return mlxc_report();
    return mlx_vector_string_set_data(list, (const char **)keys, *box->name ? 2 : 0);
}
