"""Command-line parsing whose errors are one line and exit status 2."""

import argparse
from typing import NoReturn

from .paths import UsageError


class Parser(argparse.ArgumentParser):
    """argparse, without abbreviations and without a page of usage for a typing mistake."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see --help")
