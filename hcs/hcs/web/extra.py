"""The two packages that pages on this machine need, and that an installation of hcs may lack."""

from importlib.util import find_spec

from hcs_plates.errors import ArgumentError

PACKAGES = ("starlette", "uvicorn")


def need_web() -> None:
    """Refuse to go on without the web server.

    Raises
    ------
    ArgumentError
        It is not installed.
    """
    if any(find_spec(package) is None for package in PACKAGES):
        raise ArgumentError(
            f"Pages on this machine need {' and '.join(PACKAGES)}, which are not installed; install them "
            "with: pip install 'hcs[web]'"
        )
