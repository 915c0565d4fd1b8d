"""Module: a dictionary of arrays, modules, lists and dictionaries, which are also its attributes. What is not one of
these is a plain attribute, and no part of the state."""
import textwrap

from psionic.core import array, floating, issubdtype
from psionic.utils import tree_flatten


def _select(module, key, value, keep, change, is_leaf):
    """What is kept of a value: containers and modules become lists and dictionaries."""
    if is_leaf(module, key, value):
        return change(value)
    if isinstance(value, Module):
        return value.filter_and_map(keep, change, is_leaf)
    if not isinstance(value, (dict, list)):
        raise RuntimeError(f"the module's {key} is a {type(value).__name__}, and no leaf")

    def chosen(k, v):
        path = f"{key}.{k}"
        return _select(module, path, v, keep, change, is_leaf) if keep(module, path, v) else {}

    return {k: chosen(k, v) for k, v in value.items()} if isinstance(value, dict) else [
        chosen(k, v) for k, v in enumerate(value)]


def _assign(target, new, strict, replaces):
    """Puts what `new` has into the same places of `target`, where replaces(old, new) says so, and below elsewhere."""
    if not isinstance(new, (dict, list)):
        if strict:
            raise ValueError(f"Received invalid type: {type(new).__name__}.")
        return
    for key, value in new.items() if isinstance(new, dict) else enumerate(new):
        if not (key in target if isinstance(new, dict) else key < len(target)):
            if strict:
                raise ValueError(f"the module has nothing at {key!r}")
        elif replaces(target[key], value):
            target[key] = value
        elif isinstance(target[key], (dict, list)):
            _assign(target[key], value, strict, replaces)
        elif strict and value != {}:
            raise ValueError(f"Received invalid type: {type(value).__name__}.")


class Module(dict):
    """The base of layers and models. Arrays in it are its parameters, found through lists, dictionaries and other modules;
    those whose names begin with _ are not."""

    def __init__(self):
        self._no_grad = set()
        self._training = True

    @property
    def training(self):
        """Whether the module is in training mode."""
        return self._training

    @property
    def state(self):
        """The module itself, as a dictionary: a change of it is a change of the module."""
        return self

    def _extra_repr(self):
        return ""

    def __repr__(self):
        head = f"{type(self).__name__}({self._extra_repr()}"
        below = [textwrap.indent(f"({path}): {child!r}", "  ")
                 for path, child in tree_flatten(self.children(), is_leaf=Module.is_module)]
        return "\n".join([head, *below, ")"]) if below else head + ")"

    # ---- attributes ----

    def __getattr__(self, key):
        if key in self and self[key] is not None:
            return self[key]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {key!r}")

    def __setattr__(self, key, value):
        if isinstance(value, (array, dict, list, tuple)):
            if key not in self and hasattr(self, key):
                delattr(self, key)  # the plain attribute would be found first
            self[key] = value
        else:
            super().__setattr__(key, value)
            self.pop(key, None)

    def __delattr__(self, key):
        if self.get(key) is not None:
            del self[key]
        else:
            super().__delattr__(key)

    # ---- what it holds ----

    @staticmethod
    def is_module(value):
        """Whether a value is a module."""
        return isinstance(value, Module)

    @staticmethod
    def valid_child_filter(module, key, value):
        """Keeps modules, and lists and dictionaries."""
        return isinstance(value, (dict, list))

    @staticmethod
    def valid_parameter_filter(module, key, value):
        """Keeps arrays, and what may hold them."""
        return isinstance(value, (dict, list, array)) and not key.startswith("_")

    @staticmethod
    def trainable_parameter_filter(module, key, value):
        """Keeps arrays that are not frozen, and what may hold them."""
        return Module.valid_parameter_filter(module, key, value) and key not in module._no_grad

    def filter_and_map(self, filter_fn, map_fn=None, is_leaf_fn=None):
        """The tree of what filter_fn(module, key, value) keeps, its leaves changed by map_fn."""
        change = map_fn or (lambda value: value)
        is_leaf = is_leaf_fn or (lambda module, key, value: not isinstance(value, (dict, list)))
        return {key: _select(self, key, value, filter_fn, change, is_leaf) for key, value in self.items()
                if filter_fn(self, key, value)}

    def parameters(self):
        """The tree of all arrays."""
        return self.filter_and_map(self.valid_parameter_filter)

    def trainable_parameters(self):
        """The tree of all arrays that are not frozen."""
        return self.filter_and_map(self.trainable_parameter_filter)

    def children(self):
        """The tree of the modules directly in this one."""
        return self.filter_and_map(self.valid_child_filter, is_leaf_fn=lambda _, key, value: self.is_module(value))

    def leaf_modules(self):
        """The tree of the modules that hold no other."""
        return self.filter_and_map(self.valid_child_filter, is_leaf_fn=lambda _, key, value: self.is_module(value)
                                   and not tree_flatten(value.children()))

    def named_modules(self):
        """This module and all below it, each with its path."""
        found = []
        self.apply_to_modules(lambda path, module: found.append((path, module)))
        return found

    def modules(self):
        """This module and all below it."""
        return [module for _, module in self.named_modules()]

    # ---- changes ----

    def update(self, parameters, strict=True):
        """Puts arrays in the places of those it has; strict: a place that it lacks is an error."""

        def replaces(old, new):
            if isinstance(old, array) and strict and not isinstance(new, array):
                raise ValueError(f"Received invalid type: {type(new).__name__}.")
            return isinstance(old, array)

        _assign(self, parameters, strict, replaces)
        return self

    def update_modules(self, modules, strict=True):
        """Puts modules in the places of those it has."""
        _assign(self, modules, strict, lambda old, new: self.is_module(old) and self.is_module(new))
        return self

    def apply(self, map_fn, filter_fn=None):
        """Replaces each parameter by what map_fn makes of it."""
        return self.update(self.filter_and_map(filter_fn or self.valid_parameter_filter, map_fn))

    def apply_to_modules(self, apply_fn):
        """Calls apply_fn(path, module) for this module and each below it."""
        waiting = [("", self)]
        while waiting:
            path, module = waiting.pop()
            apply_fn(path, module)
            waiting += tree_flatten(module.children(), prefix=f".{path}" if path else "", is_leaf=self.is_module)
        return self

    def set_dtype(self, dtype, predicate=lambda dtype: issubdtype(dtype, floating)):
        """Converts the parameters whose dtype the predicate is true of; None: all."""
        self.apply(lambda x: x.astype(dtype) if predicate is None or predicate(x.dtype) else x)

    # ---- modes ----

    def _validate_keys(self, keys, strict):
        names = [keys] if isinstance(keys, str) else list(keys)
        for name in names if strict else ():
            if name not in self:
                raise KeyError(f"the module has no member {name}")
        return names

    def _own_parameters(self):
        """The paths of the arrays that are not in modules below."""
        own = self.filter_and_map(lambda module, key, value: not self.is_module(value)
                                  and module.valid_parameter_filter(module, key, value))
        return [path for path, _ in tree_flatten(own)]

    def _each(self, function, recurse):
        for module in self.modules() if recurse else [self]:
            function(module)
        return self

    def freeze(self, *, recurse=True, keys=None, strict=False):
        """Leaves parameters, or those of these names, out of what is trained."""
        return self._each(lambda m: m._no_grad.update(m._own_parameters() if keys is None
                                                      else m._validate_keys(keys, strict)), recurse)

    def unfreeze(self, *, recurse=True, keys=None, strict=False):
        """Takes parameters, or those of these names, back into what is trained."""
        return self._each(lambda m: m._no_grad.clear() if keys is None
                          else m._no_grad.difference_update(m._validate_keys(keys, strict)), recurse)

    def _set_training_mode(self, mode):
        self._training = mode

    def train(self, mode=True):
        """Puts this module and all below it in training mode, or out of it."""
        return self._each(lambda m: m._set_training_mode(mode), True)

    def eval(self):
        """Puts this module and all below it out of training mode."""
        return self.train(False)
