/* stream.c: mlx_stream, mlx_string and the version. */
#include "mlxc.h"

#include <stdio.h>
#include <stdlib.h>

#include <mlx/c/version.h>

static bool set_stream(mlx_stream *to, psi_stream stream)
{
    if (stream.index < 0 || !mlxc_given(to, "stream"))
        return psi_failed() ? false : MLXC_INVALID("there is no such stream");
    psi_stream *box = mlxc_box_for(&to->ctx, sizeof *box);
    if (box)
        *box = stream;
    return box;
}

static mlx_stream new_stream(psi_stream stream)
{
    mlx_stream out = {NULL};
    mlxc_done(set_stream(&out, stream));
    return out;
}

static const psi_stream *stream_of(mlx_stream s)
{
    return mlxc_box(s.ctx, "mlx_stream");
}

mlx_stream mlx_stream_new(void)
{
    return (mlx_stream){NULL};
}

mlx_stream mlx_stream_new_device(mlx_device dev)
{
    const psi_device *device = mlxc_box(dev.ctx, "mlx_device");
    return new_stream(device ? psi_new_stream(*device) : (psi_stream){.index = -1});
}

int mlx_stream_set(mlx_stream *stream, const mlx_stream src)
{
    const psi_stream *from = stream_of(src);
    return mlxc_done(from && set_stream(stream, *from));
}

int mlx_stream_free(mlx_stream stream)
{
    free(stream.ctx);
    return 0;
}

int mlx_stream_tostring(mlx_string *str, mlx_stream stream)
{
    char text[96];
    const psi_stream *s = stream_of(stream);
    if (s)
        snprintf(text, sizeof text, "Stream(Device(%s, %d), %d)", s->device.type == PSI_GPU ? "gpu" : "cpu",
                 s->device.index, s->index);
    return mlxc_done(s && mlxc_given(str, "str") && mlxc_set_text(&str->ctx, text));
}

bool mlx_stream_equal(mlx_stream lhs, mlx_stream rhs)
{
    const psi_stream *a = stream_of(lhs), *b = stream_of(rhs);
    if (a && b)
        return a->index == b->index && a->device.type == b->device.type && a->device.index == b->device.index;
    mlxc_report();
    return false;
}

int mlx_stream_get_device(mlx_device *dev, mlx_stream stream)
{
    const psi_stream *s = stream_of(stream);
    return mlxc_done(s && mlxc_set_device(dev, s->device));
}

int mlx_stream_get_index(int *index, mlx_stream stream)
{
    const psi_stream *s = stream_of(stream);
    if (!s || !mlxc_given(index, "index"))
        return mlxc_report();
    *index = s->index;
    return 0;
}

int mlx_synchronize(mlx_stream stream)
{
    const psi_stream *s = stream_of(stream);
    return mlxc_done(s && psi_synchronize(*s));
}

int mlx_get_default_stream(mlx_stream *stream, mlx_device dev)
{
    const psi_device *device = mlxc_box(dev.ctx, "mlx_device");
    return mlxc_done(device && set_stream(stream, psi_default_stream(*device)));
}

int mlx_set_default_stream(mlx_stream stream)
{
    const psi_stream *s = stream_of(stream);
    return mlxc_done(s && psi_set_default_stream(*s));
}

mlx_stream mlx_default_cpu_stream_new(void)
{
    return new_stream(psi_default_stream((psi_device){PSI_CPU, 0}));
}

mlx_stream mlx_default_gpu_stream_new(void)
{
    return new_stream(psi_default_stream((psi_device){PSI_GPU, 0}));
}

/* ---- strings ---- */

bool mlxc_set_text(void **ctx, const char *text)
{
    char *copy = mlxc_given(text, "the text") ? mlxc_copy_text(text) : NULL;
    mlxc_string *box = copy ? mlxc_box_for(ctx, sizeof *box) : NULL;
    if (box) {
        char *old = box->text;
        box->text = copy;
        copy = old;
    }
    free(copy);
    return box;
}

mlx_string mlx_string_new(void)
{
    return (mlx_string){NULL};
}

mlx_string mlx_string_new_data(const char *str)
{
    mlx_string out = {NULL};
    mlxc_done(mlxc_set_text(&out.ctx, str));
    return out;
}

int mlx_string_set(mlx_string *str, const mlx_string src)
{
    const mlxc_string *from = mlxc_box(src.ctx, "mlx_string");
    return mlxc_done(from && mlxc_given(str, "str") && mlxc_set_text(&str->ctx, from->text));
}

const char *mlx_string_data(mlx_string str)
{
    const mlxc_string *box = mlxc_box(str.ctx, "mlx_string");
    if (!box)
        mlxc_report();
    return box ? box->text : NULL;
}

int mlx_string_free(mlx_string str)
{
    mlxc_string *box = str.ctx;
    if (box)
        free(box->text);
    free(box);
    return 0;
}

int mlx_version(mlx_string *str)
{
    return mlxc_done(mlxc_given(str, "str") && mlxc_set_text(&str->ctx, "0.31.1"));
}
