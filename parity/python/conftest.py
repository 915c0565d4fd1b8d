"""Fixtures that let pytest run the parity cases; a check that failed fails the test."""

import pytest
from pycase import Check, Recorder


def pytest_configure(config):
    config.addinivalue_line("markers", "parity(family, file, test): the row of the inventory that a case mirrors")


@pytest.fixture
def mx():
    import mlx.core

    mlx.core.random.seed(0)
    return Recorder(mlx.core, "mx", set())


@pytest.fixture
def nn():
    import mlx.nn

    return Recorder(mlx.nn, "nn", set())


@pytest.fixture
def check():
    checks = Check()
    yield checks
    assert not checks.failures, "\n".join(checks.failures)
    assert checks.count, "the case made no check"
