"""What transforms.py needs to know of single functions: where their arguments lie, and what cannot be checked, and why."""

# Between which numbers a function's arguments lie; others' are between 0.3 and 2 in size, of both signs.
AROUND = {
    **dict.fromkeys("sqrt rsqrt log log2 log10 log1p power".split(), (0.3, 2.0)),
    **dict.fromkeys("arcsin arccos arctanh erfinv".split(), (-0.8, 0.8)),
    "arccosh": (1.2, 3.0), "tan": (-1.0, 1.0),
}

# Functions without array arguments have no transforms, and some must not be called with random ones.
NOT_CHECKED = {
    **dict.fromkeys("einsum_path einsum_cost".split(), "they answer numbers that depend on shapes only"),
    "random_seed": "it sets the process's default key",
}

# Functions whose difference quotient says nothing.
NOT_DIFFERENTIATED = {
    "quantize": "it rounds to codes; of the scales and biases the gradient is upstream's",
    "qqmm": "its operands are rounded to codes first; the gradient is that of the product",
    "linalg_eig": "its vectors' phases are LAPACK's choice; eigvals and tests/ops/linalg_rules.c check the rest",
    "stop_gradient": "its derivative is zero by name; tests/transforms/slice.c and the parity cases check that",
    "random_randint": "casting to integers passes derivatives on, as upstream's tests ask for, where the true one is zero",
}

# Functions of complex numbers that are none of complex analysis: they take real parts, round, or order.
NOT_COMPLEX = ("arctan2 remainder round divmod floor_divide rint greater greater_equal less less_equal min max minimum maximum "
               "floor ceil argmin argmax sort argsort partition argpartition topk median cummax cummin clip "
               "random_categorical random_categorical_num_samples random_bernoulli random_randint").split()

# Functions whose vectors' phases, where they are complex, are LAPACK's choice, of which the difference quotient is part.
PHASES = ("linalg_svd", "linalg_eigh")

# Functions that take their operand for symmetric, or Hermitian, and read one triangle of it.
SYMMETRIC = ("linalg_cholesky", "linalg_eigh", "linalg_eigvalsh")

# Ops that no function of the table makes.
UNREACHED = {
    "number_of_elements": "made while a shapeless function is traced; its whole number has no derivative",
    "custom_transforms": "made by psi_custom_function; tests/transforms/custom.c",
}

# Where the wheel's answer is another: (functions, transforms[, dtypes[, a word of the call]]), by reason. Ours passed the difference quotients,
# the pairing and the slices; docs/differences.md has the reasons at length.
WHEEL_DIFFERENCES = [
    # Derivatives of complex functions are not conjugated in reverse mode, but for those of a few ops.
    ("arccos arccosh arcsin arcsinh arctan arctanh cos cosh exp expm1 log log10 log1p log2 sin sinh tan tanh sqrt rsqrt square "
     "sigmoid power logaddexp softmax logsumexp logcumsumexp prod cumprod var std", "vjp", "complex64"),
    ("abs sigmoid power logaddexp linalg_norm linalg_norm_l2 linalg_norm_matrix", "jvp", "complex64"), ("sign", "vjp jvp", "complex64"),
    ("expm1 sigmoid logcumsumexp", "vmap", "complex64"),  # values: see the differential test
    # Tangents through where and of truth values; other dtypes than the result's.
    ("triu tril nan_to_num logsumexp allclose array_equal all any argpartition argsort", "jvp"), ("all any", "vjp"),
    ("power addmm random_randint", "jvp"), ("random_randint", "vjp"),
    ("fast_scaled_dot_product_attention", "jvp", "float64 float32", "causal"),  # a causal mask is a where
    # Slices of one element with a stride, splits by indices that fall, sorts, partitions.
    ("slice slice_update split_at", "vjp jvp vmap"), ("sort partition topk median", "vjp jvp vmap"), ("argsort argpartition", "vmap"),
    ("divmod", "vjp jvp"), ("full broadcast_arrays", "vjp"), ("broadcast_arrays", "vmap"),
    # Batched scatters whose destination is not the first axis, and dynamic updates.
    ("scatter scatter_add scatter_max scatter_min scatter_prod slice_update_dynamic", "vmap"),
    # Updates' gradients where the slices that they meet are named by index.
    ("scatter_max scatter_min", "vjp"),
    # Triangles that the wheel takes for the other one, and factors, which signs and order leave open.
    ("linalg_eig linalg_eigh linalg_eigvals linalg_eigvalsh linalg_cholesky_inv linalg_tri_inv linalg_solve_triangular "
     "linalg_svd linalg_qr linalg_lu linalg_lu_factor", "vmap"),
    # Transforms over some axes, forward over all; shapes of real ones' batches.
    (" ".join(f"fft_{i}{r}fft{n}" for i in ("", "i") for r in ("", "r") for n in ("", "2", "n")), "jvp vmap"),
    # Axes that batches lose or exchange; norms over axes counted from the end; the part of a row that rope leaves; groups of one value.
    ("not_equal expand_dims argmin argmax upsample", "vmap"), ("linalg_norm", "vjp jvp vmap"), ("fast_rope fast_rope_dynamic", "vjp"),
    ("quantize", "vjp", "float32 float64"), ("quantize", "jvp"),  # and tangents through where, again
    ("quantize", "vmap", "float64"),  # codes of float64, which it has under vmap only; ours are those of float32
    # Convolutions of strides that leave a rest, and groups under vmap.
    ("convolve conv1d conv2d conv3d conv_general conv_transpose1d conv_transpose2d conv_transpose3d", "vjp jvp vmap"),
]
