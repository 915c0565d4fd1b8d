"""Where we are known to differ from the wheel, each with its reason. An entry explains single elements (`elements`: a mask
of those that it explains), whole steps (`steps`), or steps on which the wheel must not be called at all (`avoid`; `right` then
says whether our answer is), and nothing beyond."""
import tolerances


class Difference:
    def __init__(self, name, ops, reason, elements=None, steps=None, avoid=None, right=None):
        self.name, self.ops, self.reason = name, ops.split(), reason
        self.elements, self.steps, self.avoid, self.right = elements, steps, avoid, right

    def covers(self, op):
        return op in self.ops or "*" in self.ops


# ---- what many entries ask ----

INTEGERS = ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")


def promoted_to_integer(step):
    return all(d in INTEGERS for d in step.dtypes.values())


def answered(outcome):
    """Whether it is results, not an error."""
    return bool(outcome) and isinstance(outcome[0], tuple)


def is_complex(step):
    return "complex64" in step.dtypes.values()


def equal(a, b):
    return (a == b) | ((a != a) & (b != b))


def true_instead(step, ours, theirs, dtype):
    return tolerances.rule(step.op).right(ours, dtype, step)
