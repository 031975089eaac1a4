"""Places in an object store: what hcs reads at ``s3://``, ``gs://``, ``az://`` and ``https://``.

Requests go through obstore (the Rust crate object_store): it takes logins from where the storage's own
tools do, asks again with growing pauses where a server is busy, and lists nothing unasked.
"""

import errno
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from hcs_plates.errors import ArgumentError, HcsError, StoreError, UnreachableError
from hcs_plates.paths import local_path

SCHEMES = ("s3", "gs", "az", "https")
TIMEOUT = "60s"
"""Of one request."""
RETRIES = 10
RETRY_S = 180
"""For how long a request is made again, seconds."""
_ADDRESS = re.compile(rf"(?P<scheme>{'|'.join(SCHEMES)}):/+(?P<host>[^/]+)/*(?P<key>.*)")


@dataclass(frozen=True)
class ObjectPath:
    """A place in an object store, with what reading needs of `pathlib.Path`; small, so that it travels.

    Parameters
    ----------
    root
        The bucket or the server, ``s3://bucket``.
    key
        What lies there, without a slash at either end.
    """

    root: str
    key: str

    @classmethod
    def of(cls, address: str) -> "ObjectPath":
        """Read an address; of several slashes a `pathlib.Path` may have left one.

        Raises
        ------
        ArgumentError
            Another scheme, no bucket, or a password or signature in it: what is read stands in records.

        Examples
        --------
        >>> ObjectPath.of("s3:/bucket/plates/P1.ome.zarr")
        ObjectPath(root='s3://bucket', key='plates/P1.ome.zarr')
        >>> ObjectPath.of("https://me:secret@data.org/P1.ome.zarr")
        Traceback (most recent call last):
            ...
        hcs_plates.errors.ArgumentError: An address with a password, a signature or other parameters is not \
taken, since it would stand in records; set up the login as the storage's own tools read it (AWS_PROFILE, …).
        """
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise ArgumentError(f"{address!r} is no address that hcs reads; it reads {', '.join(SCHEMES)}.")
        if "@" in found["host"] or set("?#") & set(address):
            raise ArgumentError(
                "An address with a password, a signature or other parameters is not taken, since it would "
                "stand in records; set up the login as the storage's own tools read it (AWS_PROFILE, …)."
            )
        return cls(f"{found['scheme']}://{found['host']}", found["key"].strip("/"))

    def __str__(self) -> str:
        return f"{self.root}/{self.key}".rstrip("/")

    def __truediv__(self, name: str) -> "ObjectPath":
        return self.joinpath(name)

    def joinpath(self, *names: str) -> "ObjectPath":
        """Go down."""
        return ObjectPath(self.root, "/".join(filter(None, (self.key, *map(str, names)))))

    @property
    def name(self) -> str:
        """Last part of the key."""
        return self.key.rpartition("/")[2] or self.root.rpartition("/")[2]

    @property
    def parent(self) -> "ObjectPath":
        """One step up."""
        return ObjectPath(self.root, self.key.rpartition("/")[0])

    def with_name(self, name: str) -> "ObjectPath":
        """Beside this."""
        return self.parent / name

    def as_posix(self) -> str:
        """Give the address."""
        return str(self)

    def absolute(self) -> "ObjectPath":
        """Give it as it is: addresses are absolute."""
        return self

    resolve = absolute

    def read_bytes(self) -> bytes:
        """Get an object.

        Raises
        ------
        OSError
            Not there, not allowed, or the server did not answer.
        """
        import obstore

        with answered(self):
            return bytes(obstore.get(server(self.root), self.key).bytes())

    def read_text(self, encoding: str = "utf-8") -> str:
        """Get an object as text."""
        return self.read_bytes().decode(encoding)

    def is_file(self) -> bool:
        """Whether there is an object of this name."""
        import obstore

        try:
            with answered(self):
                obstore.head(server(self.root), self.key)
        except FileNotFoundError:
            return False
        return True

    def is_dir(self) -> bool:
        """Whether there are objects below; True on a server of files, which does not list them."""
        import obstore

        if self.root.startswith("https:"):
            return True
        with answered(self):
            found = next(iter(obstore.list(server(self.root), f"{self.key}/", chunk_size=1)), [])
        return len(found) > 0

    def exists(self) -> bool:
        """Whether anything is there."""
        return self.is_dir() or self.is_file()

    def rglob(self, pattern: Literal["*"]) -> Iterator["ObjectPath"]:
        """Go through all that is below."""
        import obstore

        if self.root.startswith("https:"):
            return
        with answered(self):
            for several in obstore.list(server(self.root), f"{self.key}/"):
                yield from (ObjectPath(self.root, one["path"]) for one in several)

    def told(self, error: Exception, what: str, remedy: str) -> HcsError:
        """Say what an error while something here was read means."""
        if _is_lost(error):
            error = _as_os_error(error, str(self))
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            return UnreachableError.of(error, f"reading {what}")
        said = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        said = "an object is gone" if isinstance(error, FileNotFoundError) else said
        return StoreError(str(self), f"{what} cannot be read ({said}); {remedy}")

    def stat(self) -> "Size":
        """Tell the size of an object."""
        import obstore

        with answered(self):
            return Size(obstore.head(server(self.root), self.key)["size"])


@dataclass(frozen=True)
class Size:
    """Of an object."""

    st_size: int


def zarr_store(place: Path) -> Any:
    """Give the store in which zarr reads what lies in a folder or at an address; it writes nothing."""
    from zarr.storage import LocalStore, ObjectStore

    if isinstance(place, ObjectPath):
        return ObjectStore(server(str(place)), read_only=True)
    return LocalStore(place, read_only=True)


def file_at(place: Path) -> Any:
    """Give what pandas reads a file from: its name, or the bytes of an object."""
    return io.BytesIO(place.read_bytes()) if isinstance(place, ObjectPath) else place


def as_place(path: Path | str) -> Path | None:
    """Take an address of an object store as a place to read; None where it is none.

    It has what of a `pathlib.Path` reading needs, and passes for one.
    """
    return cast("Path", ObjectPath.of(str(path))) if _ADDRESS.match(str(path)) else None


def readable_path(path: Path | str) -> Path:
    """Take an address, or a path of this machine, as a place to read.

    Raises
    ------
    ArgumentError
        An address of another scheme, or no path at all.
    """
    return as_place(path) or local_path(path)


def check_local(place: Path) -> None:
    """Refuse (StoreError) a plate of another tool that lies at an address."""
    if isinstance(place, ObjectPath):
        raise StoreError(
            place, "is not a plate that hcs wrote, which alone are read at an address; copy it to a disk"
        )


def seen_from(folder: Path, place: Path) -> str:
    """Say where a place lies, as seen from a folder; an address says so itself."""
    if isinstance(place, ObjectPath):
        return str(place)
    return os.path.relpath(place.resolve(), folder.resolve())


def _is_lost(error: Exception) -> bool:
    """Whether a server refused or did not answer, which says nothing of what lies there."""
    return type(error).__module__.startswith("obstore") and not isinstance(error, FileNotFoundError)


@cache
def server(address: str) -> Any:
    """Connect once in a process."""
    try:
        from obstore import store
    except ImportError as error:
        raise ArgumentError(
            f"{address} is an address; reading it takes the package obstore: pip install 'hcs[cloud]'."
        ) from error
    login = {"credential_provider": _profile()} if address.startswith("s3:") and not _in_environment() else {}
    settings: dict[str, Any] = {
        # What is given here takes the place of what the environment says.
        "client_options": {"timeout": TIMEOUT, "allow_http": os.environ.get("AWS_ALLOW_HTTP") == "true"},
        "retry_config": {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_S)},
        **login,
    }
    return store.from_url(address, **settings)


def _in_environment() -> bool:
    """Whether the environment says who asks, or that nobody needs to."""
    return any(name in os.environ for name in ("AWS_ACCESS_KEY_ID", "AWS_SKIP_SIGNATURE"))


def _profile() -> Any:
    """Take the login that Amazon's own tools would: a profile, a role, single sign-on.

    Raises
    ------
    ArgumentError
        There is none.
    """
    from obstore.auth.boto3 import Boto3CredentialProvider

    try:
        return Boto3CredentialProvider()
    except ValueError as error:
        raise ArgumentError(
            "No login for s3:// is set up here; `aws configure` or AWS_PROFILE gives one, and "
            "AWS_SKIP_SIGNATURE=true reads what is public."
        ) from error


@contextmanager
def answered(place: ObjectPath) -> Iterator[None]:
    """Turn a server's errors into those of files, without the text of its answer."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "no such object", str(place)) from error
    except Exception as error:
        if not _is_lost(error):
            raise
        raise _as_os_error(error, str(place)) from error


def _as_os_error(error: Exception, place: str) -> OSError:
    """Say a server's refusal as an error of the operating system."""
    kind = type(error).__name__
    if kind in ("PermissionDeniedError", "UnauthenticatedError"):
        return PermissionError(errno.EACCES, "permission denied by the server", place)
    return OSError(errno.EREMOTEIO, "the server did not answer as it should", place)
