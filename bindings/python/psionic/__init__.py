"""Psionic: lazy arrays, function transforms and a fusing evaluator, in C."""
