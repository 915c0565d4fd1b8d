"""Cases that mirror upstream's python/tests/test_conv_transpose.py. Where that asks PyTorch, these ask the definition."""

import pytest


def case(name):
    return pytest.mark.parity("beyond_seed", "python/tests/test_conv_transpose.py", f"TestConvTranspose.{name}")


SIZES = ((2, 1, 1), (1, 5, 1), (1, 1, 7), (3, 24, 40))


def forward(mx, check, function, spaces, sizes=SIZES):
    import numpy as np
    from convolution import Numbers, Transposed, agree

    numbers = Numbers(len(spaces))
    for n, c, o in sizes:
        for space, kernel, stride, padding, dilation, output_padding, groups in spaces:
            if c % groups or o % groups:
                continue
            x, w = numbers((n, *space, c)), numbers((o, *kernel, c // groups), (c * np.prod(kernel)) ** -0.5)
            y = function(mx.array(x), mx.array(w), stride=stride, padding=padding, dilation=dilation,
                         output_padding=output_padding, groups=groups)
            agree(check, y, Transposed(kernel, stride, padding, dilation, output_padding, groups)(x, w))


def backward(mx, check, function, spaces):
    import numpy as np
    from convolution import Numbers, Transposed, agree

    numbers = Numbers(20 + len(spaces))
    for n, c, o in SIZES:
        for space, kernel, stride, padding, dilation, output_padding, _ in spaces:
            x, w = numbers((n, *space, c)), numbers((o, *kernel, c), (c * np.prod(kernel)) ** -0.5)
            reference = Transposed(kernel, stride, padding, dilation, output_padding)
            g = numbers(reference(x, w).shape)

            def transposed(a, b):
                return function(a, b, stride=stride, padding=padding, dilation=dilation, output_padding=output_padding)

            outs, grads = mx.vjp(transposed, [mx.array(x), mx.array(w)], [mx.array(g)])
            for got, wanted in zip(grads, reference.gradients(x, w, g)):
                agree(check, got, wanted)


# space, kernel, stride, padding, dilation, output padding, groups
LINES = [((1,), (1,), 1, 0, 1, 0, 1), ((3,), (3,), 1, 0, 1, 0, 1), ((21,), (5,), 4, 2, 1, 0, 1)]
PLANES = [((1, 1), (1, 1), (1, 1), (0, 0), (1, 1), 0, 1), ((3, 4), (3, 1), (1, 1), (0, 0), (1, 1), 0, 1),
          ((9, 8), (5, 4), (5, 3), (2, 2), (1, 1), 0, 1)]
BLOCKS = [((1, 1, 1), (1, 1, 1), 1, 0, 1, 0, 1), ((3, 2, 3), (3, 1, 1), (1, 1, 1), (0, 0, 0), (1, 1, 1), 0, 1),
          ((5, 4, 3), (4, 3, 5), (5, 2, 3), (2, 1, 2), 1, 0, 1)]


@case("test_torch_conv_transpose_1D")
def test_conv_transpose_1d(mx, check):
    from convolution import Numbers, Transposed, agree

    forward(mx, check, mx.conv_transpose1d, LINES + [((20,), (3,), 2, 3, 2, 0, 4), ((9,), (4,), 3, 0, 1, 0, 8)])
    numbers = Numbers(0)
    x, w = numbers((6, 11, 13)), numbers((11, 5, 11), 0.1)
    for order in ((0, 1, 2), (2, 1, 0)):
        y = mx.conv_transpose1d(mx.transpose(mx.array(x), (0, 2, 1)), mx.transpose(mx.array(w), order), stride=2)
        agree(check, y, Transposed((5,), 2)(x.transpose(0, 2, 1), w.transpose(order)))


@case("test_torch_conv_transpose_1D_grad")
def test_conv_transpose_1d_gradients(mx, check):
    backward(mx, check, mx.conv_transpose1d, LINES + [((8,), (3,), 2, 1, 2, 1, 1)])


@case("test_torch_conv_transpose_2D")
def test_conv_transpose_2d(mx, check):
    forward(mx, check, mx.conv_transpose2d, PLANES + [((7, 5), (3, 4), 2, 1, (1, 2), 0, 2)])


@case("test_torch_conv_transpose_2D_grad")
def test_conv_transpose_2d_gradients(mx, check):
    backward(mx, check, mx.conv_transpose2d, PLANES + [((6, 7), (3, 3), (2, 3), 1, (3, 2), 1, 1)])


@case("test_torch_conv_transpose_3D")
def test_conv_transpose_3d(mx, check):
    forward(mx, check, mx.conv_transpose3d, BLOCKS)


@case("test_torch_conv_transpose_3D_grad")
def test_conv_transpose_3d_gradients(mx, check):
    backward(mx, check, mx.conv_transpose3d, BLOCKS + [((4, 3, 3), (3, 2, 3), 2, 1, (2, 1, 2), 0, 1)])


@case("test_torch_conv_tranpose_1d_output_padding")
def test_output_padding_1d(mx, check):
    forward(mx, check, mx.conv_transpose1d, [((3,), (2,), 2, 0, 1, 1, 1), ((5,), (3,), 2, 1, 1, 0, 1), ((7,), (4,), 3, 1, 1, 2, 1)])


@case("test_torch_conv_transpose_2d_output_padding")
def test_output_padding_2d(mx, check):
    forward(mx, check, mx.conv_transpose2d,
            [((3, 2), (2, 2), (2, 2), 0, 1, (1, 1), 1), ((5, 5), (3, 4), 2, (1, 1), 1, 0, 1), ((7, 6), (4, 4), (3, 4), 1, 1, (2, 3), 1)])


@case("test_torch_conv_transpose_3d_output_padding")
def test_output_padding_3d(mx, check):
    forward(mx, check, mx.conv_transpose3d,
            [((2, 3, 2), (2, 2, 2), 2, 0, 1, 1, 1), ((3, 2, 3), (3, 3, 3), 2, 1, 1, (0, 1, 0), 1)], SIZES[:3] + ((2, 6, 9),))
