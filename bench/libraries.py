"""What the workloads ask of a library, under one set of names: MLX (ours and the wheel), NumPy, PyTorch, JAX.

A Library answers to those names; one that it lacks raises Lacks, and the workloads that need it are absent there.
What a library does is written as its own manual would have it, not as a translation of another's."""
import functools
import os

ROOT_2 = 1.4142135623730951


class Lacks(Exception):
    """The library has no such function."""


class Library:
    def __init__(self, version, **names):
        self.__dict__.update(names, version=version)

    def __getattr__(self, name):
        raise Lacks(name)


def mlx():
    import mlx.core as mx

    mx.set_default_device(mx.cpu)

    def array(x, dtype=None):
        a = mx.array(x)
        return a.astype(getattr(mx, dtype)) if dtype else a

    def pack(w):
        kept = mx.quantize(w)
        mx.eval(kept)
        return kept

    def attention(q, k, v, mask=None):
        return mx.fast.scaled_dot_product_attention(q, k, v, scale=0.125, mask=mask)

    return Library(
        mx.__version__, core=mx, functional=True, array=array, done=mx.eval, forget=mx.clear_cache,
        compile=mx.compile, pack=pack, packed_matmul=lambda x, w: mx.quantized_matmul(x, *w), attention=attention,
        attend=lambda q, k, v: attention(q, k, v, "causal"), exp=mx.exp, erf=mx.erf,
        softmax=lambda x: mx.softmax(x, axis=-1), sum=lambda x, axis=None: mx.sum(x, axis=axis),
        argmax=lambda x: mx.argmax(x, axis=1), sort=mx.sort, argsort=mx.argsort,
        cumsum=lambda x: mx.cumsum(x, axis=1), take=lambda x, i: mx.take(x, i, axis=0),
        transpose=lambda x: mx.contiguous(x.T), concatenate=lambda a, b: mx.concatenate([a, b], axis=1),
        normal=lambda n: mx.random.normal((n,)), layer_norm=lambda x, w, b=None: mx.fast.layer_norm(x, w, b, 1e-5),
        rms_norm=lambda x, w: mx.fast.rms_norm(x, w, 1e-5), conv2d=lambda x, w: mx.conv2d(x, w, padding=1),
        fft=mx.fft.fft, rfft=mx.fft.rfft, svd=mx.linalg.svd, qr=mx.linalg.qr, inv=mx.linalg.inv,
        cholesky=mx.linalg.cholesky, eigh=mx.linalg.eigh, eig=mx.linalg.eig, solve=mx.linalg.solve,
        value_and_grad=mx.value_and_grad, logsumexp=lambda x: mx.logsumexp(x, axis=-1))


def numpy():
    import numpy as np

    def erf(x):
        """NumPy has no erf: Abramowitz and Stegun 7.1.26, five terms."""
        t = 1 / (1 + np.float32(0.3275911) * np.abs(x))
        poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
        return np.sign(x) * (1 - poly * np.exp(-x * x)).astype(np.float32)

    def array(x, dtype=None):
        if dtype:
            raise Lacks(dtype)  # its products of small types take no library
        return x

    def softmax(x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        e /= e.sum(axis=-1, keepdims=True)
        return e

    def scaled(x):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-5))

    return Library(
        np.__version__, core=np, functional=False, array=array, done=lambda x: None, forget=lambda: None,
        exp=np.exp, erf=erf, softmax=softmax, sum=np.sum, argmax=lambda x: np.argmax(x, axis=1), sort=np.sort,
        argsort=np.argsort, cumsum=lambda x: np.cumsum(x, axis=1), take=lambda x, i: np.take(x, i, axis=0),
        transpose=lambda x: np.ascontiguousarray(x.T), concatenate=lambda a, b: np.concatenate([a, b], axis=1),
        normal=lambda n, rng=np.random.default_rng(0): rng.standard_normal(n, dtype=np.float32),
        layer_norm=lambda x, w, b: scaled(x - x.mean(-1, keepdims=True)) * w + b,
        rms_norm=lambda x, w: scaled(x) * w,
        attention=lambda q, k, v: softmax(np.float32(0.125) * q @ k.swapaxes(-1, -2)) @ v, fft=np.fft.fft,
        rfft=np.fft.rfft, svd=np.linalg.svd, qr=np.linalg.qr, inv=np.linalg.inv, cholesky=np.linalg.cholesky,
        eigh=np.linalg.eigh, eig=np.linalg.eig, solve=np.linalg.solve)


def torch():
    import torch

    torch.set_num_threads(os.cpu_count())
    torch.set_grad_enabled(False)
    f, linalg = torch.nn.functional, torch.linalg

    def array(x, dtype=None):
        a = torch.from_numpy(x)
        return a.to(getattr(torch, dtype)) if dtype else a

    def pack(w):
        """Codes and scales of groups of 64, as its 4-bit product takes them, which is of bfloat16."""
        if w.dtype != torch.bfloat16:
            raise Lacks("packed products of float32")
        codes = torch.randint(0, 16, w.shape, dtype=torch.int32)
        scales = torch.rand(w.shape[1] // 64, w.shape[0], 2).to(torch.bfloat16)
        return torch._convert_weight_to_int4pack_for_cpu(codes, 1), scales

    return Library(
        torch.__version__, core=torch, functional=False, array=array, done=lambda x: None, forget=lambda: None,
        compile=torch.compile, pack=pack,
        packed_matmul=lambda x, w: torch._weight_int4pack_mm_for_cpu(x, w[0], 64, w[1]), exp=torch.exp,
        erf=torch.erf, softmax=lambda x: torch.softmax(x, -1),
        sum=lambda x, axis=None: torch.sum(x) if axis is None else torch.sum(x, axis),
        argmax=lambda x: torch.argmax(x, 1), sort=lambda x: torch.sort(x)[0], argsort=torch.argsort,
        cumsum=lambda x: torch.cumsum(x, 1), take=lambda x, i: torch.index_select(x, 0, i),
        transpose=lambda x: x.T.contiguous(), concatenate=lambda a, b: torch.cat([a, b], 1), normal=torch.randn,
        layer_norm=lambda x, w, b: f.layer_norm(x, w.shape, w, b),
        rms_norm=lambda x, w: f.rms_norm(x, w.shape, w, 1e-5),
        attention=functools.partial(f.scaled_dot_product_attention, scale=0.125), fft=torch.fft.fft,
        rfft=torch.fft.rfft,
        conv2d=lambda x, w: torch.conv2d(x.permute(0, 3, 1, 2), w.permute(0, 3, 1, 2), padding=1), svd=linalg.svd,
        qr=linalg.qr, inv=linalg.inv, cholesky=linalg.cholesky, eigh=linalg.eigh, eig=linalg.eig,
        solve=linalg.solve)


def jax():
    import jax
    import jax.numpy as jnp

    def array(x, dtype=None):
        a = jnp.asarray(x)
        return a.astype(dtype) if dtype else a

    def scaled(x):
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5)

    def layer_norm(x, w, b=0):
        return scaled(x - x.mean(-1, keepdims=True)) * w + b

    def attend(q, k, v):
        kept = jnp.tril(jnp.ones((q.shape[-2], k.shape[-2]), bool))
        return jax.nn.softmax(jnp.where(kept, 0.125 * q @ k.swapaxes(-1, -2), -1e9), -1) @ v

    def convolve(x, w):
        return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "OHWI", "NHWC"))

    key, normal = jax.random.key(0), jax.jit(jax.random.normal, static_argnums=1)
    return Library(
        jax.__version__, core=jnp, functional=True, array=array, done=jax.block_until_ready, forget=lambda: None,
        compile=jax.jit, exp=jnp.exp, erf=jax.scipy.special.erf, softmax=jax.nn.softmax, sum=jnp.sum,
        argmax=lambda x: jnp.argmax(x, axis=1), sort=jnp.sort, argsort=jnp.argsort,
        cumsum=lambda x: jnp.cumsum(x, axis=1), take=lambda x, i: jnp.take(x, i, axis=0, mode="clip"),
        transpose=lambda x: x.T, concatenate=lambda a, b: jnp.concatenate([a, b], axis=1),
        normal=lambda n: normal(key, (n,)), layer_norm=jax.jit(layer_norm),
        rms_norm=jax.jit(lambda x, w: scaled(x) * w), attend=attend, conv2d=jax.jit(convolve),
        attention=jax.jit(lambda q, k, v: jax.nn.softmax(0.125 * q @ k.swapaxes(-1, -2)) @ v), fft=jnp.fft.fft,
        rfft=jnp.fft.rfft, svd=jnp.linalg.svd, qr=jnp.linalg.qr, inv=jnp.linalg.inv, cholesky=jnp.linalg.cholesky,
        eigh=jnp.linalg.eigh, eig=jnp.linalg.eig, solve=jnp.linalg.solve, value_and_grad=jax.value_and_grad,
        logsumexp=lambda x: jax.nn.logsumexp(x, axis=-1))


LIBRARIES = {"mlx": mlx, "numpy": numpy, "torch": torch, "jax": jax}
