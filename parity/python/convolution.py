"""Convolutions by their definition, in NumPy's float64 or wider, for the cases of test_conv.py and test_conv_transpose.py and for
the differential test: sums over taps of windows times the weight. Channels come last; a weight is (outputs, taps..., channels of a group)."""

import itertools

import numpy as np


class Convolution:
    def __init__(self, axes, stride=1, low=0, high=None, kernel_dilation=1, input_dilation=1, groups=1, flip=False):
        def spread(x):
            return [x] * axes if isinstance(x, int) else list(x)

        self.stride, self.low, self.high = spread(stride), spread(low), spread(low if high is None else high)
        self.kernel_dilation, self.input_dilation = spread(kernel_dilation), spread(input_dilation)
        self.groups, self.flip = groups, flip

    def _padded(self, x):
        """The input dilated and padded, and where its own elements lie in that; negative padding crops it first."""
        cut = [(max(0, -a), max(0, -b)) for a, b in zip(self.low, self.high)]
        x = x[(slice(None), *(slice(a, n - b) for (a, b), n in zip(cut, x.shape[1:])))]
        low, high = [max(0, a) for a in self.low], [max(0, b) for b in self.high]
        lengths = [(n - 1) * d + 1 for n, d in zip(x.shape[1:-1], self.input_dilation)]
        own = (slice(None), *(slice(a, a + n, d) for a, n, d in zip(low, lengths, self.input_dilation)))
        out = np.zeros((x.shape[0], *(a + n + b for a, n, b in zip(low, lengths, high)), x.shape[-1]),
                       np.result_type(x, np.float64))
        out[own] = x
        return out, own

    def _taps(self, padded, w):
        """For each tap of each group: the elements it meets, its weight and its outputs, as indices."""
        kernel = w.shape[1:-1]
        count = [(n - (k - 1) * d - 1) // s + 1
                 for n, k, d, s in zip(padded.shape[1:-1], kernel, self.kernel_dilation, self.stride)]
        inputs, outputs = w.shape[-1], w.shape[0] // self.groups
        for tap in itertools.product(*map(range, kernel)):
            at = tuple(slice(t * d, t * d + (n - 1) * s + 1, s)
                       for t, d, n, s in zip(tap, self.kernel_dilation, count, self.stride))
            taken = tuple(k - 1 - t for k, t in zip(kernel, tap)) if self.flip else tap
            for g in range(self.groups):
                of_output = slice(g * outputs, (g + 1) * outputs)
                yield (slice(None), *at, slice(g * inputs, (g + 1) * inputs)), (of_output, *taken), of_output, count

    def __call__(self, x, w):
        padded, _ = self._padded(x)
        w = np.asarray(w, padded.dtype)
        out = None
        for seen, of_weight, of_output, count in self._taps(padded, w):
            if out is None:
                out = np.zeros((x.shape[0], *count, w.shape[0]), w.dtype)
            out[..., of_output] += padded[seen] @ w[of_weight].T
        return out

    def gradients(self, x, w, cotangent):
        """Of the input and of the weight."""
        padded, own = self._padded(x)
        w, g = np.asarray(w, np.float64), np.asarray(cotangent, np.float64)
        of_padded, of_w = np.zeros(padded.shape), np.zeros(w.shape)
        for seen, of_weight, of_output, _ in self._taps(padded, w):
            part = g[..., of_output]
            of_padded[seen] += part @ w[of_weight]
            of_w[of_weight] += np.tensordot(part, padded[seen], [range(g.ndim - 1)] * 2)
        return of_padded[own], of_w


class Transposed(Convolution):
    """The transposed convolution is the one of an input dilated by the stride with the weight turned round."""

    def __init__(self, kernel, stride=1, padding=0, dilation=1, output_padding=0, groups=1):
        def spread(x):
            return [x] * len(kernel) if isinstance(x, int) else list(x)

        dilation, padding = spread(dilation), spread(padding)
        low = [d * (k - 1) - p for k, d, p in zip(kernel, dilation, padding)]
        high = [a + more for a, more in zip(low, spread(output_padding))]
        super().__init__(len(kernel), 1, low, high, dilation, stride, groups, True)


class Numbers:
    """Normal float32 numbers, of one seed."""

    def __init__(self, seed):
        self._rng = np.random.default_rng(seed)

    def __call__(self, shape, scale=1.0):
        return (scale * self._rng.standard_normal(shape)).astype(np.float32)


def agree(check, got, wanted, tolerance=1e-5):
    """The shapes, and every element within the tolerance of the largest."""
    check.same(tuple(got.shape), tuple(wanted.shape))
    got = np.array(got)
    held = got.shape == wanted.shape and np.abs(got - wanted).max(initial=0) <= tolerance * max(1, np.abs(wanted).max(initial=0))
    check.that(held, f"{got.ravel()[:4]} is not close to {wanted.ravel()[:4]}")
