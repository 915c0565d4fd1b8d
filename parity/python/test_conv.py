"""Cases that mirror upstream's python/tests/test_conv.py. Where that asks PyTorch, these ask the definition."""

import pytest


def case(name):
    return pytest.mark.parity("beyond_seed", "python/tests/test_conv.py", f"TestConv.{name}")


# inputs, outputs of the small and of one larger convolution, with a batch
SIZES = ((2, 1, 1), (1, 5, 1), (1, 1, 7), (3, 24, 40))


def forward(mx, check, function, axes, spaces, dtype=None):
    """Every size with every (space, kernel, stride, padding, dilation, groups)."""
    import numpy as np
    from convolution import Convolution, Numbers, agree

    numbers = Numbers(axes)
    for n, c, o in SIZES:
        for space, kernel, stride, padding, dilation, groups in spaces:
            if c % groups or o % groups:
                continue
            x, w = numbers((n, *space, c)), numbers((o, *kernel, c // groups), (c * np.prod(kernel)) ** -0.5)
            a, b = mx.array(x), mx.array(w)
            if dtype:
                a, b = a.astype(dtype), b.astype(dtype)
                x, w = np.array(a.astype(mx.float32)), np.array(b.astype(mx.float32))
            y = function(a, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
            if dtype:
                y = y.astype(mx.float32)
            wanted = Convolution(axes, stride, padding, None, dilation, 1, groups)(x, w)
            agree(check, y, wanted, 1e-5 if not dtype or dtype == mx.float32 else 8e-3)


def backward(mx, check, function, axes, spaces):
    import numpy as np
    from convolution import Convolution, Numbers, agree

    numbers = Numbers(10 + axes)
    for n, c, o in SIZES:
        for space, kernel, stride, padding, dilation, _ in spaces:
            x, w = numbers((n, *space, c)), numbers((o, *kernel, c), (c * np.prod(kernel)) ** -0.5)
            reference = Convolution(axes, stride, padding, None, dilation)
            g = numbers(reference(x, w).shape)
            outs, grads = mx.vjp(lambda a, b: function(a, b, stride=stride, padding=padding, dilation=dilation),
                                 [mx.array(x), mx.array(w)], [mx.array(g)])
            for got, wanted in zip(grads, reference.gradients(x, w, g)):
                agree(check, got, wanted)


LINES = [((1,), (1,), 1, 0, 1, 1), ((3,), (3,), 1, 0, 1, 1), ((29,), (5,), 4, 2, 1, 1)]
PLANES = [((1, 1), (1, 1), (1, 1), (0, 0), (1, 1), 1), ((3, 4), (3, 1), (1, 1), (0, 0), (1, 1), 1),
          ((27, 23), (5, 4), (5, 3), (2, 2), (1, 1), 1)]
BLOCKS = [((1, 1, 1), (1, 1, 1), 1, 0, 1, 1), ((3, 3, 2), (3, 1, 1), (1, 1, 1), (0, 0, 0), (1, 1, 1), 1),
          ((11, 10, 9), (5, 4, 3), (5, 4, 3), (2, 2, 2), (1, 1, 1), 1)]


@case("test_torch_conv_1D")
def test_conv_1d(mx, check):
    from convolution import Convolution, Numbers, agree

    grouped = [(*line[:5], groups) for line in LINES for groups in (2, 4, 8)]
    forward(mx, check, mx.conv1d, 1, LINES + grouped + [((20,), (3,), 2, 3, 2, 4)])
    numbers = Numbers(0)
    x, w = numbers((12, 15, 13)), numbers((15, 5, 15), 0.1)
    for order in ((0, 1, 2), (2, 1, 0)):
        kernel = w.transpose(order)[: 15 if order[0] == 0 else 12]
        y = mx.conv1d(mx.transpose(mx.array(x), (0, 2, 1)), mx.transpose(mx.array(w), order)[: len(kernel)])
        agree(check, y, Convolution(1)(x.transpose(0, 2, 1), kernel))


@case("test_torch_conv_1D_grad")
def test_conv_1d_gradients(mx, check):
    backward(mx, check, mx.conv1d, 1, LINES + [((20,), (3,), 2, 3, 2, 1)])


@case("test_torch_conv_2D")
def test_conv_2d(mx, check):
    grouped = [(*plane[:5], groups) for plane in PLANES for groups in (2, 8)]
    for dtype in (mx.float32, mx.bfloat16):
        forward(mx, check, mx.conv2d, 2, PLANES + grouped, dtype)


@case("test_torch_conv_2D_grad")
def test_conv_2d_gradients(mx, check):
    more = [((20, 18), (3, 3), (2, 2), (1, 1), (1, 1), 1), ((19, 21), (5, 3), (3, 4), (2, 1), (3, 2), 1)]
    backward(mx, check, mx.conv2d, 2, PLANES + more)


@case("test_torch_conv_3D")
def test_conv_3d(mx, check):
    forward(mx, check, mx.conv3d, 3, BLOCKS + [((6, 7, 5), (3, 1, 2), 1, 0, (2, 2, 3), 1)])


@case("test_torch_conv_3D_grad")
def test_conv_3d_gradients(mx, check):
    backward(mx, check, mx.conv3d, 3, BLOCKS + [((8, 7, 9), (3, 2, 3), 2, 1, (3, 1, 2), 1)])


def general(mx, check, x_shape, w_shape, tolerance=1e-5, **how):
    import numpy as np
    from convolution import Convolution, Numbers, agree

    numbers = Numbers(3)
    x, w = numbers(x_shape), numbers(w_shape, np.prod(w_shape[1:]) ** -0.5)
    low, high = how.get("padding", 0), None
    if isinstance(low, tuple) and isinstance(low[0], list):
        low, high = low
    wanted = Convolution(len(x_shape) - 2, how.get("stride", 1), low, high, how.get("kernel_dilation", 1),
                         how.get("input_dilation", 1), how.get("groups", 1), how.get("flip", False))(x, w)
    agree(check, mx.conv_general(mx.array(x), mx.array(w), **how), wanted, tolerance)


@case("test_torch_conv_general")
def test_conv_general(mx, check):
    shapes = (2, 23, 26, 12), (20, 4, 7, 12)
    general(mx, check, *shapes, stride=(1, 1), padding=(2, 2), kernel_dilation=(2, 3), input_dilation=(1, 1))
    general(mx, check, *shapes, stride=(2, 3), padding=(0, 0), kernel_dilation=(3, 2), input_dilation=(2, 4))
    general(mx, check, *shapes, stride=(2, 2), padding=(3, 2), kernel_dilation=(3, 2), input_dilation=(2, 4))
    general(mx, check, *shapes, stride=(2, 3), padding=(3, 2), kernel_dilation=(3, 2), input_dilation=(2, 5))
    general(mx, check, *shapes, stride=(2, 3), kernel_dilation=(3, 1), input_dilation=(2, 5), flip=True)
    general(mx, check, (2, 30, 6), (4, 5, 3), stride=6, padding=4, input_dilation=4, groups=2, flip=True)


@case("test_torch_conv_depthwise")
def test_conv_depthwise(mx, check):
    check.that(mx.default_device() != mx.gpu)
    for flip in (False, True):
        general(mx, check, (2, 9, 11, 30), (30, 1, 1, 1), stride=2, padding=1, groups=30, flip=flip)
        general(mx, check, (1, 16, 15, 30), (30, 3, 3, 1), stride=(2, 2), padding=(1, 1), groups=30, flip=flip)
        general(mx, check, (1, 20, 21, 33), (33, 7, 7, 1), stride=(1, 1), padding=(3, 3), groups=33, flip=flip)
        general(mx, check, (3, 20, 19, 8), (24, 5, 5, 1), stride=(1, 2), groups=8, flip=flip)
        general(mx, check, (1, 21, 22, 150), (150, 7, 5, 1), stride=(2, 1), padding=(1, 3), groups=150, flip=flip)


@case("test_asymmetric_padding")
def test_asymmetric_padding(mx, check):
    general(mx, check, (2, 7, 8, 6, 3), (2, 3, 2, 3, 3), stride=(2, 2, 1), padding=([0, 1, 0], [1, 0, 2]))
    general(mx, check, (2, 9, 10, 3), (2, 2, 2, 3), padding=([0, 0], [1, 0]))
    x, w = mx.array([[[1.0], [2.0], [4.0]]]), mx.array([[[1.0], [10.0]]])
    check.that(mx.allclose(mx.conv_general(x, w, padding=([0], [1])), mx.array([[[21.0], [42.0], [4.0]]])))
    check.that(mx.allclose(mx.conv_general(x, w, padding=([2], [0])), mx.array([[[0.0], [10.0], [21.0], [42.0]]])))


@case("test_numpy_conv")
def test_convolve(mx, check):
    import numpy as np
    from convolution import Numbers

    numbers = Numbers(4)
    for dtype, tolerance in (("float32", 1e-6), ("float16", 4e-3)):
        for m, n in ((1, 1), (20, 6), (21, 7), (3, 19), (6, 20)):
            for mode in ("full", "same", "valid"):
                a, v = numbers(m).astype(dtype), numbers(n).astype(dtype)
                got = mx.convolve(mx.array(a), mx.array(v), mode=mode)
                wanted = np.convolve(a.astype(float), v.astype(float), mode=mode)
                check.same(got.shape, wanted.shape)
                check.close(got, wanted, rtol=tolerance, atol=4 * tolerance)
    check.equal(mx.convolve(mx.array([1.0, 2.0, 3.0]), mx.array([1.0, 10.0])), [1, 12, 23, 30])
    check.raises(ValueError, mx.convolve, mx.array([1.0]), mx.array([1.0]), "most")


@case("test_conv_1d_groups_flipped")
def test_groups_flipped(mx, check):
    x = mx.broadcast_to(mx.arange(6).astype(mx.float32), (2, 6)).T
    w = mx.broadcast_to(mx.arange(3).astype(mx.float32), (2, 3))
    y = mx.conv_general(x[None], w[..., None], flip=True, groups=2)
    check.that(mx.allclose(y, mx.array([1.0, 1, 4, 4, 7, 7, 10, 10]).reshape(1, 4, 2)))


@case("test_conv_general_flip_grad")
def test_flip_gradients(mx, check):
    x, w = mx.random.normal((2, 5, 4, 3)), mx.random.normal((2, 3, 2, 3))

    def turned(w):
        for axis in (1, 2):
            w = mx.take(w, mx.arange(w.shape[axis] - 1, -1, -1), axis=axis)
        return w

    for dilation in (1, 2, 3):
        how = dict(padding=([2, 1], [0, 3]), input_dilation=dilation)
        g = mx.random.normal(mx.conv_general(x, w, **how).shape)
        flipped = mx.vjp(lambda w: mx.conv_general(x, w, flip=True, **how), (w,), (g,))[1][0]
        plain = mx.vjp(lambda w: mx.conv_general(x, turned(w), **how), (w,), (g,))[1][0]
        check.that(mx.allclose(flipped, plain, 1e-4, 1e-4))
    far = dict(padding=([6, 6], [15, 15]), input_dilation=(16, 16))
    x, w = mx.random.normal((1, 9, 9, 2)), mx.random.normal((2, 7, 7, 2))
    flipped = mx.grad(lambda w: mx.conv_general(x, w, flip=True, **far).sum())(w)
    plain = mx.grad(lambda w: mx.conv_general(x, turned(w), **far).sum())(w)
    check.that(mx.allclose(flipped, plain, 1e-4, 1e-4))
    # every element of the weight meets every element of a single pixel once
    dw = mx.grad(lambda w: mx.conv_general(mx.array([[[[3.0]]]]), w, padding=(1, 1), flip=True).sum())(mx.ones((1, 2, 2, 1)))
    check.that(mx.allclose(dw, mx.array([[[[3.0], [3.0]], [[3.0], [3.0]]]])))


@case("test_conv_groups_grad")
def test_groups_gradients(mx, check):
    mx.random.seed(7)

    def apart(x, w, flip):
        """One convolution a group, joined."""
        groups = x.shape[-1] // w.shape[-1]
        inputs, outputs = w.shape[-1], w.shape[0] // groups
        return mx.concatenate([mx.conv_general(x[..., g * inputs:(g + 1) * inputs], w[g * outputs:(g + 1) * outputs],
                                               flip=flip) for g in range(groups)], axis=-1)

    check.equal(mx.conv1d(mx.ones((1, 3, 4)), mx.ones((2, 3, 2)), groups=2), [[[6, 6]]])
    for x_shape, w_shape in (((1, 6, 2), (2, 3, 1)), ((2, 5, 4), (2, 3, 2)), ((1, 5, 4), (6, 3, 2)), ((2, 5, 6, 2), (2, 3, 2, 1))):
        for flip in (False, True):
            x, w = mx.random.normal(x_shape), mx.random.normal(w_shape)
            g = mx.ones(apart(x, w, flip).shape)
            together = mx.vjp(lambda x, w: mx.conv_general(x, w, groups=x.shape[-1] // w.shape[-1], flip=flip), (x, w), (g,))[1]
            for got, wanted in zip(together, mx.vjp(lambda x, w: apart(x, w, flip), (x, w), (g,))[1]):
                check.that(mx.allclose(got, wanted, 1e-5, 1e-5))


@case("test_repeated_conv")
def test_repeated(mx, check):
    x, w = mx.random.normal((1, 4, 3, 200)), mx.random.normal((150, 3, 3, 200))
    first = mx.conv2d(x, w, (1, 1), (1, 1), (1, 1), 1)
    for _ in range(4):
        check.that(mx.allclose(first, mx.conv2d(x, w, (1, 1), (1, 1), (1, 1), 1), rtol=0, atol=0))


@case("test_basic_grad_shapes")
def test_gradient_shapes(mx, check):
    for x, w, stride, groups in (((2, 6, 4), (6, 2, 2), (2,), 2), ((2, 5, 4), (12, 3, 1), (2,), 4),
                                 ((3, 5, 4, 4), (6, 2, 2, 2), (2, 1), 2), ((1, 5, 5, 3), (9, 1, 2, 1), (2, 2), 3)):
        grad = mx.grad(lambda w, x: mx.sum(mx.conv_general(x, w, stride=stride, groups=groups)))
        check.same(grad(mx.zeros(w), mx.zeros(x)).shape, w)


@case("test_conv_1d_with_2d")
def test_line_as_plane(mx, check):
    for channels in (5, 16):
        x, w = mx.random.uniform(shape=(2, 9, channels)), mx.random.normal((channels, 3, channels))
        line = mx.conv1d(x, w, padding=1)
        plane = mx.conv2d(mx.expand_dims(x, axis=2), mx.expand_dims(w, axis=2), padding=(1, 0))
        check.that(mx.allclose(line, plane.squeeze(2), 1e-5, 1e-5))


@case("test_conv2d_unaligned_channels")
def test_unaligned_channels(mx, check):
    import numpy as np
    from convolution import Convolution

    for outputs in (21, 32):
        x, w = mx.random.uniform(shape=(2, 12, 11, 21)), mx.random.uniform(shape=(outputs, 3, 3, 21))
        y = mx.conv2d(x, w, stream=mx.cpu)
        check.that(mx.allclose(y, mx.conv2d(x, w)))
        check.close(y, Convolution(2)(np.array(x), np.array(w)))


@case("test_conv2d_large_filter_small_channels")
def test_large_filter(mx, check):
    import numpy as np
    from convolution import Convolution

    x, w = mx.random.normal((1, 60, 61, 1)), mx.random.normal((1, 61, 62, 1))
    y = mx.conv2d(x, w, (1, 1), (1, 1), stream=mx.cpu)
    check.that(mx.allclose(y, mx.conv2d(x, w, (1, 1), (1, 1)), rtol=1e-5, atol=1e-4))
    check.close(y, Convolution(2, 1, 1)(np.array(x), np.array(w)), rtol=1e-4, atol=1e-3)
