"""All known differences from the wheel, and what cannot be compared, each with its reason; difference.py says what an
entry explains."""
import elementwise_differences
import product_differences
import reduction_differences
import shape_differences

# Public functions of ours that the wheel's Python has no counterpart for: name, or beginning of names with *, -> reason.
NOT_COMPARABLE = {
    "random_seed": "it sets the process's default key and answers nothing; tests/ops/random.c has upstream's numbers",
}


def comparable(name):
    return not any(name == n or n.endswith("*") and name.startswith(n[:-1]) for n in NOT_COMPARABLE)


DIFFERENCES = [*elementwise_differences.DIFFERENCES, *reduction_differences.DIFFERENCES, *shape_differences.DIFFERENCES,
               *product_differences.DIFFERENCES]
