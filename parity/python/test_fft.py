"""Cases that mirror upstream's python/tests/test_fft.py, against NumPy's float64 transforms and, for gradients, the definition."""

import pytest


def case(name):
    return pytest.mark.parity("beyond_seed", "python/tests/test_fft.py", f"TestFFT.{name}")


def plane(seed, *shape):
    from samples import normal

    return normal(seed, *shape, dtype="complex64")


def compare(mx, check, name, x, tolerance=2e-6, **how):
    """One function of mx.fft and NumPy's of that name."""
    import numpy as np
    from convolution import agree

    wide = np.asarray(x, np.complex128 if np.iscomplexobj(x) else np.float64)
    got = getattr(mx.fft, name)(mx.array(x), **how)
    real = name.startswith("irfft") or not (np.iscomplexobj(x) or "shift" not in name)
    check.that(got.dtype == (mx.float32 if real else mx.complex64), f"{name} gives {got.dtype}")
    agree(check, got, getattr(np.fft, name)(wide, **how), tolerance)


def four(mx, check, n, rows=1, tolerance=2e-6):
    """The four transforms of rows of n numbers; of the halved spectrum both lengths that it can come from."""
    import numpy as np

    x = plane(n, rows, n)
    compare(mx, check, "fft", x, tolerance)
    compare(mx, check, "ifft", x * n, tolerance)
    compare(mx, check, "rfft", x.real, tolerance)
    half = np.fft.rfft(x.real).astype(np.complex64)
    compare(mx, check, "irfft", half, tolerance, n=n)
    compare(mx, check, "irfft", half, tolerance)


@case("test_fft")
def test_fft(mx, check):
    line, square = plane(1, 90), plane(2, 35, 48)
    for name in ("fft", "ifft"):
        for n in (None, 64, 91, 150):
            compare(mx, check, name, line, n=n)
            compare(mx, check, name, square, n=n)
        for axis in (0, 1, -2):
            compare(mx, check, name, square, axis=axis)
    for n in (None, 70, 77, 144):
        compare(mx, check, "rfft", line.real, n=n)
        compare(mx, check, "irfft", square, n=n)
    check.close(mx.fft.fft(mx.array([1.0, 0, 0, 2])), [3, 1 + 2j, -1, 1 - 2j])
    check.close(mx.fft.ifft(mx.array([4.0, 0, 0, 0])), [1, 1, 1, 1])
    check.close(mx.fft.rfft(mx.array([0, 1, 0, 0])), [1, -1j, -1])
    check.close(mx.fft.irfft(mx.array([6, 0, 2])), [2, 1, 2, 1])


@case("test_fftn")
def test_over_several_axes(mx, check):
    import itertools

    import numpy as np

    x = plane(3, 6, 9, 8)
    kinds = itertools.product(("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"),
                              (None, (1, 2), (2, 1), (0, 2), (-1, 0)), (None, (7, 5), (12, 10)))
    for name, axes, s in kinds:
        if axes is None and s is not None:
            continue
        if name.startswith("irfft"):
            given = getattr(np.fft, name[1:])(x.real, axes=axes, s=s).astype(np.complex64)
        else:
            given = np.ascontiguousarray(x.real) if name[0] == "r" else x
        compare(mx, check, name, given, axes=axes, s=s)


# by how they factor: small primes, powers of two, products of them, one larger prime, a prime less one that is
# smooth, other primes and their squares, long mixed ones
LENGTHS = (*range(2, 14), 16, 32, 64, 256, 1024, 4096, 27, 55, 182, 1540, 1859, 19, 31, 37, 23 * 6, 19 * 8, 1297, 2018,
           59, 107, 19 * 19, 3402, 3750, 3888, 4004)


@case("test_fft_shared_mem")
def test_lengths(mx, check):
    for n in LENGTHS:
        for rows in (1, 3, 17):
            four(mx, check, n, rows)


@case("test_fft_exhaustive")
def test_many_lengths(mx, check):
    for n in (*range(2, 260), *range(300, 4096, 173)):
        four(mx, check, n, 2)


@case("test_fft_big_powers_of_two")
def test_powers_of_two(mx, check):
    for power in range(12, 20):
        four(mx, check, 2**power, 3 if power < 16 else 1, 4e-6)


@case("test_fft_large_numbers")
def test_awkward_lengths(mx, check):
    for n in (1039, 7 * 2609, 1231 * 11, 7919, 3**8, 3119, 4022):
        four(mx, check, n, 1, 4e-6)


@case("test_fft_contiguity")
def test_strided_inputs(mx, check):
    import numpy as np
    from convolution import agree

    x = plane(4, 6, 10)
    a = mx.array(x)
    for part in (np.s_[:, ::2], np.s_[::3], np.s_[::-1, 9:2:-3], np.s_[2:, 1:8]):
        agree(check, mx.fft.fft(a[part]), np.fft.fft(x[part]))
    spread = mx.broadcast_to(mx.reshape(mx.transpose(a), (6, 10, 1)), (6, 10, 7))
    wanted = np.broadcast_to(x.T.reshape(6, 10, 1), (6, 10, 7))
    agree(check, spread, wanted, 0)
    agree(check, mx.fft.fft(spread), np.fft.fft(wanted))
    agree(check, mx.fft.fft(mx.abs(spread) + 3, axis=1), np.fft.fft(np.abs(wanted) + 3, axis=1))
    tiled = mx.tile(mx.reshape(mx.array([5, 1, 0, 2]), (1, 4)), (3, 1))
    check.close(mx.abs(mx.fft.fft(tiled)), [[8.0, 26**0.5, 2.0, 26**0.5]] * 3)


@case("test_fft_into_ifft")
def test_there_and_back(mx, check):
    import numpy as np
    from convolution import agree

    mx.random.seed(5)
    for n in (4097, 8193):
        x = mx.random.normal(shape=[1, n]) + 1j * mx.random.normal(shape=(1, n))
        there = mx.fft.fft(x, n=n)
        back = mx.fft.ifft(there, n=n)
        agree(check, back, np.fft.ifft(np.array(there), n=n), 2e-6)
        agree(check, back, np.array(x), 2e-6)


@case("test_fft_throws")
def test_refusals(mx, check):
    for name in ("fftn", "ifftn", "rfftn", "irfftn"):
        check.raises(ValueError, getattr(mx.fft, name), mx.array(2.5))
    check.raises(IndexError, mx.fft.irfftn, mx.array([1.0, 2.0]), axes=[1])
    check.raises(ValueError, mx.fft.irfftn, mx.array([1.0, 2.0]), s=[-1])


def shifts(mx, check, name):
    for shape in ((90,), (4, 6), (5, 7), (3, 1, 8)):
        x = plane(6, *shape)
        for axes in (None, [0], [-1], list(range(len(shape)))):
            compare(mx, check, name, x.real, 0, axes=axes)
            compare(mx, check, name, x, 0, axes=axes)


@case("test_fftshift")
def test_shift(mx, check):
    shifts(mx, check, "fftshift")
    check.equal(mx.fft.fftshift(mx.array([0, 1, 2, -2, -1])), [-2, -1, 0, 1, 2])
    check.equal(mx.fft.fftshift(mx.array([[1, 2, 3], [4, 5, 6]]), axes=[1]), [[3, 1, 2], [6, 4, 5]])


@case("test_ifftshift")
def test_shift_back(mx, check):
    shifts(mx, check, "ifftshift")
    check.equal(mx.fft.ifftshift(mx.array([-2, -1, 0, 1, 2])), [0, 1, 2, -2, -1])
    check.equal(mx.fft.ifftshift(mx.array([[1, 2, 3], [4, 5, 6]]), axes=[1]), [[2, 3, 1], [5, 6, 4]])


@case("test_fftshift_errors")
def test_shift_refusals(mx, check):
    x = mx.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for axis in (2, -3):
        check.raises(ValueError, mx.fft.fftshift, x, axes=[axis])
        check.raises(ValueError, mx.fft.ifftshift, x, axes=[0, axis])
    nothing = mx.array([])
    check.that(mx.array_equal(mx.fft.fftshift(nothing), nothing))
    check.same(mx.fft.fftshift(nothing).shape, (0,))


@case("test_fft_grads")
def test_gradients(mx, check):
    """Over real and imaginary parts each transform is a matrix J; the gradient of |Jx|^2 is twice the transpose of J times Jx."""
    import itertools

    import numpy as np
    from convolution import agree

    names = ("fftn", "ifftn", "rfftn", "irfftn")
    functions = dict(zip(names, (mx.fft.fftn, mx.fft.ifftn, mx.fft.rfftn, mx.fft.irfftn)))
    for name, shape, axes in itertools.product(names, ((4, 4), (3, 4), (2, 7), (5, 5)), (None, (-1,), (-2, -1))):
        x = mx.random.normal(shape) if name == "rfftn" else mx.random.normal((*shape, 2)).view(mx.complex64)
        x = x.reshape(shape)

        def power(x):
            return (mx.abs(functions[name](x, axes=axes)) ** 2).sum()

        values = np.array(x)
        of = getattr(np.fft, name)
        basis = np.eye(values.size).reshape(values.size, *shape)
        columns = [of(b * unit, axes=axes).ravel() for unit in ((1,) if name == "rfftn" else (1, 1j)) for b in basis]
        matrix = np.array(columns).T
        matrix = np.concatenate([matrix.real, matrix.imag])
        parts = np.concatenate([values.real.ravel(), values.imag.ravel()])[: matrix.shape[1]]
        wanted = 2 * matrix.T @ (matrix @ parts)
        if name != "rfftn":
            wanted = wanted[: values.size] + 1j * wanted[values.size :]
        agree(check, power(x), np.array(((matrix @ parts) ** 2).sum()))
        agree(check, mx.grad(power)(x), wanted.reshape(shape))
