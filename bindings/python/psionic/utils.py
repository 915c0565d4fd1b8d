"""Trees: lists, tuples and dictionaries of any depth, whose leaves are everything else."""


def _branches(tree, is_leaf):
    """The keys and children of a node, in order; None for a leaf."""
    if is_leaf is not None and is_leaf(tree):
        return None
    if isinstance(tree, dict):
        return list(tree.items())
    return list(enumerate(tree)) if isinstance(tree, (list, tuple)) else None


def _rebuilt(tree, children):
    """A node like this one with other children; of a dictionary's subclass, a plain dictionary."""
    if isinstance(tree, dict):
        return dict(zip(tree, children))
    return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)


def _map(function, tree, rest, is_leaf, path):
    branches = _branches(tree, is_leaf)
    if branches is None:
        return function(path, tree, *rest)
    prefix = f"{path}." if path else ""
    return _rebuilt(tree, [_map(function, child, [r[key] for r in rest], is_leaf, f"{prefix}{key}")
                           for key, child in branches])


def tree_map(fn, tree, *rest, is_leaf=None):
    """The tree of what fn answers for each leaf, given with the leaves of `rest` at the same place."""
    return _map(lambda path, *leaves: fn(*leaves), tree, rest, is_leaf, None)


def tree_map_with_path(fn, tree, *rest, is_leaf=None, path=None):
    """The same, where fn is also given the leaf's path first, as in "layers.0.weight"."""
    return _map(fn, tree, rest, is_leaf, path)


def tree_flatten(tree, prefix="", is_leaf=None, destination=None):
    """The leaves with their paths: a list of pairs, or what is added to the list or dictionary given. The first character
    of a prefix is dropped."""
    if destination is None:
        destination = []
    if not isinstance(destination, (list, dict)):
        raise ValueError(f"tree_flatten: the destination is a {type(destination).__name__}; a list or a dictionary is wanted")
    branches = _branches(tree, is_leaf)
    if branches is None:
        (destination.extend if isinstance(destination, list) else destination.update)([(prefix[1:], tree)])
    for key, child in branches or ():
        tree_flatten(child, f"{prefix}.{key}", is_leaf, destination)
    return destination


def tree_unflatten(tree):
    """The tree of such leaves; where all keys of a node are numbers it is a list, with {} where one is missing."""
    pairs = list(tree.items() if isinstance(tree, dict) else tree)
    if len(pairs) == 1 and pairs[0][0] == "":
        return pairs[0][1]
    nodes = {}
    for path, leaf in pairs:
        key, _, rest = path.partition(".")
        nodes.setdefault(key, []).append((rest, leaf))
    try:
        numbers = {int(key): node for key, node in nodes.items()}
    except ValueError:
        return {key: tree_unflatten(node) for key, node in nodes.items()}
    out = []
    for place, node in sorted(numbers.items(), key=lambda item: item[0]):
        out.extend({} for _ in range(place - len(out)))
        out.append(tree_unflatten(node))
    return out


def tree_reduce(fn, tree, initializer=None, is_leaf=None):
    """fn(fn(initializer, first leaf), second leaf) and so on; without an initializer, from the first leaf on."""
    for _, leaf in tree_flatten(tree, is_leaf=is_leaf):
        initializer = leaf if initializer is None else fn(initializer, leaf)
    return initializer


def tree_merge(tree_a, tree_b, merge_fn=None):
    """A tree with the leaves of both; merge_fn makes one of two at the same place."""
    a, b = (None if isinstance(t, (dict, list, tuple)) and not t else t for t in (tree_a, tree_b))
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, dict) and isinstance(b, dict):
        return {key: tree_merge(a.get(key), b.get(key), merge_fn) for key in {**a, **b}}
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        longest = max(len(a), len(b))
        return type(a)(tree_merge(*(t[i] if i < len(t) else None for t in (a, b)), merge_fn) for i in range(longest))
    if merge_fn is None:
        raise ValueError("tree_merge: both trees have a leaf at one place, and there is no merge_fn")
    return merge_fn(a, b)
