"""The workloads: one row of the table is a name, what makes its function from a library, and its inputs.

A library that lacks what a row needs has no such row. bench/worker.c has many of the rows in C, by the same names."""
from typing import Callable, NamedTuple

import networks

N = 10_000_000


class Row(NamedTuple):
    make: Callable  # of a library: the function of the inputs
    inputs: tuple = ()  # functions of a generator, each giving an array of NumPy's and the dtype to convert it to
    prepare: Callable = lambda lib, *inputs: inputs  # not timed
    steps: bool = False  # make is of a library and a generator, and gives a step that takes and returns nothing


def uniform(rng, shape):
    return rng.random(shape, dtype="float32") * 8 - 4


def real(*shape, dtype=None):
    return lambda rng: (uniform(rng, shape), dtype)


def split(*shape):
    """Complex numbers."""
    return lambda rng: (uniform(rng, (*shape, 2)).view("complex64")[..., 0], None)


def below(limit, *shape):
    """Whole numbers from 0 up to a limit."""
    return lambda rng: (rng.integers(0, limit, shape).astype("int32"), None)


def definite(n):
    """A symmetric matrix with no eigenvalue near 0."""
    def make(rng):
        a = uniform(rng, (n, n))
        a = a @ a.T
        a[range(n), range(n)] += 8 * n
        return a, None
    return make


def add(lib):
    return lambda a, b: a + b


def matmul(lib):
    return lambda a, b: a @ b


def gelu(lib):
    return lambda x: networks.gelu(lib, x)


def chain(length):
    def run(a):
        y = a
        for _ in range(length):
            y = y + a
        return y
    return lambda lib: run


def evaluated(length):
    def of(lib):
        def run(a):
            for _ in range(length):
                lib.done(a + a)
            return a
        return run
    return of


def shifted(length):
    def run(x):
        for _ in range(length):
            x = x + 1.5
        return x
    return lambda lib: run


def compiled(make):
    return lambda lib: lib.compile(make(lib))


def packed(*shapes, dtype=None):
    inputs = tuple(real(*shape, dtype=dtype) for shape in shapes)
    return Row(lambda lib: lib.packed_matmul, inputs, lambda lib, x, w: (x, lib.pack(w)))


def heads(queries, query_heads, keys):
    return Row(lambda lib: lib.attention, tuple(real(1, query_heads, n, 64) for n in (queries, keys, keys)))


SQUARE = real(4096, 4096)
ROWS = {
    "chain_1000_adds_1e3": Row(chain(1000), (real(1000),)),
    "add_eval_1e3": Row(add, (real(1000), real(1000))),
    "python_chain_1000_adds_16": Row(chain(1000), (real(16),)),  # these: what a call from Python costs
    "python_chain_1000_scalar_adds_16": Row(shifted(1000), (real(16),)),
    "python_1000_add_evals_16": Row(evaluated(1000), (real(16),)),
    "compiled_chain_100_adds_1e3": Row(compiled(chain(100)), (real(1000),)),
    "add_1e7": Row(add, (real(N), real(N))),
    "exp_1e7": Row(lambda lib: lib.exp, (real(N),)),
    "gelu_1e7": Row(gelu, (real(N),)),
    "compiled_gelu_1e7": Row(compiled(gelu), (real(N),)),
    "random_normal_1e7": Row(lambda lib: lambda: lib.normal(N)),
    "softmax_1e7": Row(lambda lib: lib.softmax, (real(N),)),
    "softmax_4096": Row(lambda lib: lib.softmax, (SQUARE,)),
    "layer_norm_4096": Row(lambda lib: lib.layer_norm, (SQUARE, real(4096), real(4096))),
    "rms_norm_4096": Row(lambda lib: lib.rms_norm, (SQUARE, real(4096))),
    "sum_all_4096": Row(lambda lib: lib.sum, (SQUARE,)),
    "sum_axis0_4096": Row(lambda lib: lambda a: lib.sum(a, axis=0), (SQUARE,)),
    "sum_axis1_4096": Row(lambda lib: lambda a: lib.sum(a, axis=1), (SQUARE,)),
    "argmax_rows_4096": Row(lambda lib: lib.argmax, (SQUARE,)),
    "cumsum_rows_4096": Row(lambda lib: lib.cumsum, (SQUARE,)),
    "sort_1e6": Row(lambda lib: lib.sort, (real(1_000_000),)),
    "argsort_1e6": Row(lambda lib: lib.argsort, (real(1_000_000),)),
    "argsort_rows_1024": Row(lambda lib: lib.argsort, (real(1024, 1024),)),
    "take_rows_32k": Row(lambda lib: lib.take, (real(32768, 1024), below(32768, 32768))),
    "transpose_4096": Row(lambda lib: lib.transpose, (SQUARE,)),
    "concatenate_2x4096": Row(lambda lib: lib.concatenate, (SQUARE, SQUARE)),
    "matmul_512": Row(matmul, (real(512, 512),) * 2),
    "matmul_1024": Row(matmul, (real(1024, 1024),) * 2),
    "matmul_2048": Row(matmul, (real(2048, 2048),) * 2),
    "matmul_2048_bf16": Row(matmul, (real(2048, 2048, dtype="bfloat16"),) * 2),
    "matmul_2048_f16": Row(matmul, (real(2048, 2048, dtype="float16"),) * 2),
    "matmul_64x128x64x128": Row(matmul, (real(64, 128, 64), real(64, 64, 128))),
    "matmul_1x4096x4096": Row(matmul, (real(1, 4096), real(4096, 4096))),
    "matmul_512x4096x11008": Row(lambda lib: lambda a, b: a @ b.T, (real(512, 4096), real(11008, 4096))),
    "packed_1x4096x11008": packed((1, 4096), (11008, 4096)),
    "packed_1x4096x11008_bf16": packed((1, 4096), (11008, 4096), dtype="bfloat16"),
    "packed_512x4096x11008": packed((512, 4096), (11008, 4096)),
    "attention_512": heads(512, 32, 512),
    "attention_4096": heads(512, 8, 4096),
    "attention_16384": heads(512, 8, 16384),
    "attention_decode_2048": heads(1, 32, 2048),
    "conv2d_32x56x56x64": Row(lambda lib: lib.conv2d, (real(32, 56, 56, 64), real(64, 3, 3, 64))),
    "fft_1e6": Row(lambda lib: lib.fft, (split(1_000_000),)),
    "fft_2^20": Row(lambda lib: lib.fft, (split(1 << 20),)),
    "fft_1024x1024": Row(lambda lib: lib.fft, (split(1024, 1024),)),
    "rfft_1024x1024": Row(lambda lib: lib.rfft, (real(1024, 1024),)),
    "mlp_sgd_eager": Row(networks.mlp("sgd", False), steps=True),
    "mlp_sgd_compiled": Row(networks.mlp("sgd", True), steps=True),
    "mlp_adam_eager": Row(networks.mlp("adam", False), steps=True),
    "mlp_adam_compiled": Row(networks.mlp("adam", True), steps=True),
    "block_eager": Row(networks.block(False), steps=True),
    "block_compiled": Row(networks.block(True), steps=True),
    "qr_1024": Row(lambda lib: lib.qr, (real(1024, 1024),)),
    "inv_1024": Row(lambda lib: lib.inv, (real(1024, 1024),)),
    "solve_1024": Row(lambda lib: lib.solve, (real(1024, 1024),) * 2),
    "cholesky_2048": Row(lambda lib: lib.cholesky, (definite(2048),)),
    "svd_512": Row(lambda lib: lib.svd, (real(512, 512),)),
    "eigh_512": Row(lambda lib: lib.eigh, (definite(512),)),
    "eig_256": Row(lambda lib: lib.eig, (real(256, 256),)),
}
FRESH = {"first_call_of_compiled_block": "block_compiled"}  # timed in a process of their own, whose first call it is


def function_of(lib, name, rng):
    """The row as a function of nothing that leaves its result computed; raises Lacks."""
    row = ROWS[name]
    if row.steps:
        return row.make(lib, rng)
    run = row.make(lib)
    inputs = row.prepare(lib, *(lib.array(*make(rng)) for make in row.inputs))
    lib.done(inputs)
    return lambda: lib.done(run(*inputs))
