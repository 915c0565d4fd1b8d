"""Trees of mlx.utils, and the Module that mlx.nn grows from."""
import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx import utils

TREE = {"a": [1, (2, {"b": 3})], "c": {}, "d": []}


class Leaf(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = mx.zeros(3)
        self.up = nn.Upsample(2)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = mx.ones(2)
        self._hidden = mx.ones(1)
        self.layers = [Leaf(), Leaf()]
        self.more = {"last": Leaf()}
        self.count = 3


def paths(tree):
    return [path for path, _ in utils.tree_flatten(tree)]


def test_trees():
    flat = [("a.0", 1), ("a.1.0", 2), ("a.1.1.b", 3)]
    assert utils.tree_flatten(TREE) == flat
    assert utils.tree_flatten(TREE, destination={}) == dict(flat)
    assert utils.tree_flatten(5, prefix=".x") == [("x", 5)]
    assert utils.tree_flatten(TREE, is_leaf=lambda t: isinstance(t, tuple)) == [("a.0", 1), ("a.1", (2, {"b": 3}))]
    assert utils.tree_unflatten(flat) == {"a": [1, [2, {"b": 3}]]}
    assert utils.tree_unflatten({"0.x": 1, "2": 3}) == [{"x": 1}, {}, 3]
    assert utils.tree_unflatten([("", 7)]) == 7
    assert utils.tree_map(lambda x, y: x * y, TREE, TREE) == {"a": [1, (4, {"b": 9})], "c": {}, "d": []}
    assert utils.tree_map_with_path(lambda path, x: path, TREE)["a"][1][1]["b"] == "a.1.1.b"
    assert utils.tree_reduce(lambda a, b: a + b, TREE) == 6 and utils.tree_reduce(lambda a, b: a + b, TREE, 10) == 16
    assert utils.tree_merge({"a": [1, 2]}, {"a": [], "b": 3}) == {"a": [1, 2], "b": 3}
    assert utils.tree_merge([1], [2, 3], lambda a, b: a + b) == [3, 3]
    with pytest.raises(ValueError):
        utils.tree_merge({"a": 1}, {"a": 2})
    with pytest.raises(ValueError):
        utils.tree_flatten(TREE, destination=3)


def test_module_holds_arrays_and_modules():
    model = Model()
    assert paths(model.parameters()) == ["weight", "layers.0.bias", "layers.1.bias", "more.last.bias"]
    assert [type(m).__name__ for m in model.modules()].count("Upsample") == 3
    assert ("layers.1.up", model.layers[1].up) in model.named_modules()
    assert len(utils.tree_flatten(model.leaf_modules(), is_leaf=nn.Module.is_module)) == 3
    assert repr(model.layers[0]) == "Leaf(\n  (up): Upsample(scale_factor=2.0, mode='nearest', align_corners=False)\n)"
    assert model.state is model and "count" not in model and model.count == 3
    model.weight = 5
    assert "weight" not in model and model.weight == 5
    del model.weight
    with pytest.raises(AttributeError):
        model.weight


def test_module_changes():
    model = Model()
    assert model.update({"layers": [{}, {"bias": mx.ones(3)}]}) is model
    assert model.layers[1].bias.tolist() == [1, 1, 1] and model.layers[0].bias.tolist() == [0, 0, 0]
    model.apply(lambda x: x + 1)
    assert model.weight.tolist() == [2, 2]
    model.set_dtype(mx.float16)
    assert model.weight.dtype == mx.float16
    model.update_modules({"layers": [Leaf()]})
    assert model.layers[0].bias.tolist() == [0, 0, 0]
    model.update({"none": mx.ones(1)}, strict=False)
    for bad in ({"none": mx.ones(1)}, {"weight": 3}, {"layers": [{}, {}, {"bias": mx.ones(3)}]}, 4):
        with pytest.raises(ValueError):
            model.update(bad)
    with pytest.raises(ValueError):
        model.update_modules({"none": Leaf()})


def test_modes():
    model = Model()
    model.freeze(keys="bias")
    assert paths(model.trainable_parameters()) == ["weight"]
    model.unfreeze().freeze(recurse=False)
    assert "weight" not in paths(model.trainable_parameters())
    with pytest.raises(KeyError):
        model.freeze(keys="none", strict=True)
    assert model.training and not model.eval().layers[0].training and model.train().layers[0].training
