"""llama.cpp's side of bench/compare: `llama.py FOLDER`, where FOLDER has ggml's shared libraries. It multiplies by a
matrix in Q4_K, packed as its kernels for the processor like it best, with as many threads as there are processors."""
import ctypes
import os
import sys
from pathlib import Path

from side import answer, say
from workloads import uniform

WIDTH, HEIGHT = 4096, 11008
ROWS = {"packed_1x4096x11008": 1, "packed_1x4096x11008_bf16": 1, "packed_512x4096x11008": 512}  # all of float32
F32, Q4_K = 0, 12


class Parameters(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool)]


def pointer(library, name, *types):
    """A function of the library that gives a pointer."""
    function = getattr(library, name)
    function.restype, function.argtypes = ctypes.c_void_p, types
    return function


class Ggml:
    def __init__(self, folder):
        def load(name):
            return ctypes.CDLL(str(next(Path(folder).rglob(f"lib{name}.so"))), ctypes.RTLD_GLOBAL)

        self.base, self.cpu = load("ggml-base"), load("ggml-cpu")
        self.base.ggml_version.restype = ctypes.c_char_p
        self.backend = pointer(self.cpu, "ggml_backend_cpu_init")()
        self.cpu.ggml_backend_cpu_set_n_threads(ctypes.c_void_p(self.backend), os.cpu_count())
        p, n = ctypes.c_void_p, ctypes.c_int64
        self.tensor = pointer(self.base, "ggml_new_tensor_2d", p, ctypes.c_int, n, n)
        self.product = pointer(self.base, "ggml_mul_mat", p, p, p)
        self.place = pointer(self.base, "ggml_backend_alloc_ctx_tensors_from_buft", p, p)
        self.fill = pointer(self.base, "ggml_backend_tensor_set", p, p, ctypes.c_size_t, ctypes.c_size_t)
        self.weights = None

    def context(self):
        return pointer(self.base, "ggml_init", Parameters)(Parameters(1 << 20, None, True))

    def buffers(self):
        """Kinds of memory for weights: first those in which kernels lay them out anew, as llama.cpp has it."""
        p = ctypes.c_void_p
        device = pointer(self.base, "ggml_backend_get_device", p)(self.backend)
        registry = pointer(self.base, "ggml_backend_dev_backend_reg", p)(device)
        find = pointer(self.base, "ggml_backend_reg_get_proc_address", p, ctypes.c_char_p)
        address = find(registry, b"ggml_backend_dev_get_extra_bufts")
        extra = ctypes.CFUNCTYPE(ctypes.POINTER(p), p)(address)(device) if address else None
        kinds = []
        while extra and extra[len(kinds)]:
            kinds.append(extra[len(kinds)])
        return kinds + [pointer(self.base, "ggml_backend_get_default_buffer_type", p)(self.backend)]

    def pack(self, rng):
        """The matrix in the first kind of memory whose kernels can multiply by it."""
        size = HEIGHT * pointer(self.base, "ggml_row_size", ctypes.c_int, ctypes.c_int64)(Q4_K, WIDTH)
        plain = uniform(rng, (HEIGHT, WIDTH))
        codes = ctypes.create_string_buffer(size)
        n = ctypes.c_int64
        self.base.ggml_quantize_chunk(Q4_K, plain.ctypes.data_as(ctypes.c_void_p), codes, n(0), n(HEIGHT), n(WIDTH), None)
        supports = self.base.ggml_backend_supports_op
        supports.restype, supports.argtypes = ctypes.c_bool, (ctypes.c_void_p,) * 2
        for kind in self.buffers():
            context = self.context()
            weights = self.tensor(context, Q4_K, WIDTH, HEIGHT)
            if not self.place(context, kind):
                continue
            trial = self.context()
            if supports(self.backend, self.product(trial, weights, self.tensor(trial, F32, WIDTH, 512))):
                self.fill(weights, codes, 0, size)
                return weights
        raise MemoryError("no memory for the matrix")

    def multiply(self, rows, rng):
        """A function that computes the product with so many vectors."""
        self.weights = self.weights or self.pack(rng)
        context = self.context()
        x = self.tensor(context, F32, WIDTH, rows)
        y = self.product(context, self.weights, x)
        self.place(context, self.buffers()[-1])
        values = uniform(rng, (rows, WIDTH))
        self.fill(x, values.ctypes.data_as(ctypes.c_void_p), 0, values.nbytes)
        graph = ctypes.c_void_p(pointer(self.base, "ggml_new_graph", ctypes.c_void_p)(context))
        self.base.ggml_build_forward_expand(graph, ctypes.c_void_p(y))
        return lambda: self.base.ggml_backend_graph_compute(ctypes.c_void_p(self.backend), graph)


def main(folder):
    import numpy as np

    ggml, rng = Ggml(folder), np.random.default_rng(0)
    current, run = None, None
    print("ready", "ggml", ggml.base.ggml_version().decode(), flush=True)
    for line in sys.stdin:
        name = line.strip()
        if name not in ROWS:
            print("none", flush=True)
            continue
        if name != current:
            current, run = name, ggml.multiply(ROWS[name], rng)
        say(answer(run))


if __name__ == "__main__":
    main(sys.argv[1])
