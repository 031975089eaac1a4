"""Public names of a package, imported when they are first asked for (PEP 562).

A command line that only shows its help, or a script that only reads a platemap, would otherwise pay seconds
for libraries that it never uses.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a package.

    Parameters
    ----------
    package
        Its name, for the error.
    homes
        The module where each public name is defined. No module of the package may be called like a public
        name: which of the two came first would decide what a user gets.

    Examples
    --------
    >>> find = lazy_names("numbers", {"sqrt": "math"})
    >>> find("sqrt")(4.0)
    2.0
    >>> find("cube")
    Traceback (most recent call last):
        ...
    AttributeError: module 'numbers' has no attribute 'cube'
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return find
