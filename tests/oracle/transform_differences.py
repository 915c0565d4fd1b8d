"""What transforms.py needs to know of single functions: where their arguments lie, and what cannot be checked, and why."""

# Between which numbers a function's arguments lie; others' are between 0.3 and 2 in size, of both signs.
AROUND = {
    **dict.fromkeys("sqrt rsqrt log log2 log10 log1p power".split(), (0.3, 2.0)),
    **dict.fromkeys("arcsin arccos arctanh erfinv".split(), (-0.8, 0.8)),
    "arccosh": (1.2, 3.0), "tan": (-1.0, 1.0),
}

# Functions without array arguments have no transforms, and some must not be called with random ones.
NOT_CHECKED = {
    "segmented_mm": "it has no rule at all",
    **dict.fromkeys("einsum_path einsum_cost".split(), "they answer numbers that depend on shapes only"),
    "random_seed": "it sets the process's default key",
}

# Functions whose difference quotient says nothing.
NOT_DIFFERENTIATED = {
    "stop_gradient": "its derivative is zero by name; tests/transforms/slice.c and the parity cases check that",
    "random_randint": "casting to integers passes derivatives on, as upstream's tests ask for, where the true one is zero",
}

# Functions of complex numbers that are none of complex analysis: they take real parts, round, or order.
NOT_COMPLEX = ("arctan2 remainder round divmod floor_divide rint greater greater_equal less less_equal min max minimum maximum "
               "argmin argmax sort argsort partition argpartition topk median cummax cummin clip "
               "random_categorical random_categorical_num_samples random_bernoulli random_randint").split()

# Ops that no function of the table makes.
UNREACHED = {
    "custom_transforms": "made by psi_custom_function; tests/transforms/custom.c",
}
