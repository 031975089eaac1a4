"""Public names of a package, imported when they are first asked for (PEP 562).

A command line that only shows its help, or a script that only reads a platemap, would otherwise pay seconds
for libraries that it never uses. The names stand once, in the package's stub (``__init__.pyi``), where type
checkers and editors read them too.
"""

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def lazy_names(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Parameters
    ----------
    package
        Its name.
    file
        Its ``__init__.py``, beside which the stub stands: ``from MODULE import NAME as NAME``. No module
        of the package may be called like a public name: which of the two came first would decide what a user
        gets.

    Raises
    ------
    AttributeError
        From what is given back: a name that the stub does not have.
    """
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    homes = {
        name.name: str(line.module)
        for line in stub.body
        if isinstance(line, ast.ImportFrom)
        for name in line.names
    }
    names = sorted(homes)

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return find, lambda: names, names
