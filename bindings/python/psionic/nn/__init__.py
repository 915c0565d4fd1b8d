"""Neural networks: modules that hold arrays, over computations that are written in C."""
from psionic.nn.module import Module
from psionic.nn.upsample import Upsample

__all__ = ["Module", "Upsample"]
