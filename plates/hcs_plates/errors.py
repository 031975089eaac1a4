"""The errors of hcs: one base class, each kind also the builtin it stands for.

Which to raise: a wrong *argument* of a call is an `ArgumentError`; a wrong *file* is an `InputFileError`
(or one of its kinds), which carries every fault found in the file, not just the first. A message is a
sentence that says what is wrong, where, what was expected and what to do; the command line prints it so.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

SHOWN_FAULTS = 12
SHOWN_UNITS = 3


class HcsError(Exception):
    """Anything hcs refuses, with the sentence to show the user."""

    @property
    def message(self) -> str:
        """The sentence to show."""
        return str(self)


class ArgumentError(HcsError, ValueError):
    """A call was given a value it cannot take."""


class LookupRefusedError(ArgumentError, KeyError):
    """What was looked up (a well of a plate, a field of a well) is not there; mappings count on this kind."""

    def __str__(self) -> str:
        # KeyError would show its sentence in quotes.
        return str(self.args[0])


class InputFileError(HcsError, ValueError):
    """A file or folder given as input does not hold what it should.

    Parameters
    ----------
    path
        The file or folder.
    faults
        One sentence per fault, each saying where (line, row, well) and what was expected.
    """

    def __init__(self, path: Path | str, faults: Sequence[str] | str) -> None:
        # A place in an object store is no `Path`, and stays what it is.
        self.path = Path(path) if isinstance(path, str) else path
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__(path, self.faults)

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return f"{self.path}: {self.faults[0]}"
        shown = [f"  - {fault}" for fault in self.faults[:SHOWN_FAULTS]]
        if len(self.faults) > SHOWN_FAULTS:
            shown.append(f"  … and {len(self.faults) - SHOWN_FAULTS} more")
        return f"{self.path}: {len(self.faults)} faults:\n" + "\n".join(shown)


class PlatemapError(InputFileError):
    """A platemap that does not describe its plate."""


class ReaderError(InputFileError):
    """An instrument's export that cannot be read as one plate."""


class StoreError(InputFileError):
    """A stored box (plate, tiles, features, study) that is not what it says it is."""


class StaleError(StoreError):
    """A stored box that is whole, and was made of something that is another now."""


class ConfigError(InputFileError):
    """A study file with unknown or wrong settings."""


class NotThereError(HcsError, FileNotFoundError):
    """A path that should exist does not."""


class ExistsError(HcsError, FileExistsError):
    """A path that would be overwritten without having been asked to."""


class PlaceError(HcsError, OSError):
    """A place that cannot be written to, or that something else stands in the way of."""


class BusyError(HcsError, BlockingIOError):
    """A place that another run is working on."""


class UnreachableError(HcsError, OSError):
    """A file that may be whole could not be reached, or not be written: a share that dropped, a full disk."""

    @classmethod
    def of(cls, error: OSError, doing: str = "", place: Path | None = None) -> "UnreachableError":
        """Say an operating system's error in a sentence.

        Parameters
        ----------
        error
            As it was raised.
        doing
            What was being done, such as ``working on A01-1``; may be empty.
        place
            What to name where the error names no file, as that of a full disk.

        Examples
        --------
        >>> full = OSError(28, "No space left on device", "P1.ome.zarr")
        >>> str(UnreachableError.of(full, "writing it"))
        'P1.ome.zarr: the disk is full; make room and run the same again (writing it). What is done is kept.'
        """
        # The name is a number where a file was known by its descriptor alone.
        known = isinstance(error.filename, str | bytes | os.PathLike)
        named = os.fsdecode(error.filename) if known else place
        reason = system_reason(error)
        said = reason[:1].upper() + reason[1:] if named is None else f"{named}: {reason}"
        where = f" ({doing})" if doing else ""
        return cls(f"{said}{where}. What is done is kept.")


class RefusedUnitsError(HcsError):
    """Some of many units of work refused their input; the others are done.

    Parameters
    ----------
    refused
        By unit name, the sentence.
    units
        How many there are in all.

    Examples
    --------
    >>> print(RefusedUnitsError({"B03": "cut short", "B04": "cut short", "C01": "not there"}, 96))
    3 of 96 units were refused; the others are done and kept:
      B03, B04 (2 units)  cut short
      C01                 not there
    """

    def __init__(self, refused: Mapping[str, str], units: int) -> None:
        self.refused = dict(refused)
        self.units = units
        super().__init__(refused, units)

    def __str__(self) -> str:
        were = "unit was" if self.units == 1 else "units were"
        kept = "; the others are done and kept" if self.units > len(self.refused) else ""
        alike: dict[str, list[str]] = {}
        for name, sentence in self.refused.items():
            alike.setdefault(sentence, []).append(name)
        rows = [(_named(names), sentence) for sentence, names in alike.items()]
        shown, width = rows[:SHOWN_FAULTS], max((len(names) for names, _ in rows[:SHOWN_FAULTS]), default=0)
        lines = [f"  {names:<{width}}  {sentence}" for names, sentence in shown]
        if len(rows) > len(shown):
            lines.append(f"  … and {len(rows) - len(shown)} more sentences")
        return "\n".join([f"{len(self.refused)} of {self.units} {were} refused{kept}:", *lines])


def _named(names: Sequence[str]) -> str:
    """Name the first of several units, and say how many there are."""
    shown = ", ".join(names[:SHOWN_UNITS])
    if len(names) == 1:
        return shown
    return f"{shown}{', …' if len(names) > SHOWN_UNITS else ''} ({len(names)} units)"


class ClusterError(HcsError, RuntimeError):
    """Workers of a cluster that cannot do the work, or that were lost with it."""


class WeightsError(HcsError, FileNotFoundError):
    """No pretrained weights where they were looked for."""


class LeakError(HcsError, AssertionError):
    """A group (clone, donor, well) stands on both sides of a train/test boundary."""


@contextmanager
def reachable(doing: str = "", place: Path | None = None) -> Iterator[None]:
    """Turn an operating system's error into an `UnreachableError`; refusals pass as they are.

    Parameters
    ----------
    doing, place
        What is being done and where, as `UnreachableError.of` says it.
    """
    try:
        yield
    except HcsError:
        raise
    except OSError as error:
        raise UnreachableError.of(error, doing, place) from error


def nearest(name: str, known: Iterable[str]) -> str:
    """Name the known word most like an unknown one, as the end of a sentence; case does not count.

    Parameters
    ----------
    name
        The word that is not known.
    known
        The words that are.

    Returns
    -------
    str
        ``did you mean 'x'?`` (the word most alike, or else the only one that holds the unknown one) or, with
        nothing alike, the list of what is known.

    Examples
    --------
    >>> nearest("epoch", ["epochs", "seed"])
    "did you mean 'epochs'?"
    >>> nearest("nfl", ["NfL (pg/ml)", "age"])
    "did you mean 'NfL (pg/ml)'?"
    >>> nearest("zzz", ["epochs", "seed"])
    'known: epochs, seed'
    """
    words = list(known)
    folded = {word.casefold(): word for word in reversed(words)}
    asked = name.casefold()
    holding = [word for fold, word in folded.items() if asked and asked in fold]
    close = [folded[fold] for fold in get_close_matches(asked, folded, n=1, cutoff=0.5)]
    meant = close or (holding if len(holding) == 1 else [])
    return f"did you mean {meant[0]!r}?" if meant else f"known: {', '.join(words)}"


_REASONS = {
    errno.ENOSPC: "the disk is full; make room and run the same again",
    errno.EDQUOT: "your quota of the disk is used up; make room and run the same again",
    errno.EFBIG: "the file is larger than this place allows; choose another place",
    errno.EROFS: "its file system is read-only; choose another place",
    errno.EACCES: "you have no permission; ask for it, or choose another place",
    errno.EPERM: "you have no permission; ask for it, or choose another place",
    errno.ENOTDIR: "a file stands where a folder should be; choose another place",
    errno.EEXIST: "a file stands where a folder should be; choose another place",
    errno.EISDIR: "a folder stands where a file should be; choose another name",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ELOOP: "its symbolic links lead in a circle; mend them",
    errno.ENOENT: "it is not there (any more)",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) and run the same again",
    errno.ENFILE: "too many files are open on this machine; run the same again later",
    errno.EIO: "the disk or the network share fails; run the same again when it answers",
    errno.ESTALE: "the network share was taken away; mount it and run the same again",
    errno.ETIMEDOUT: "the network share does not answer; run the same again when it does",
}


def system_reason(error: OSError) -> str:
    """Say why the operating system refused, and what to do."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error) or type(error).__name__)


def system_sentence(error: OSError) -> str:
    """Say in a sentence what the operating system refused, where, and what to do.

    Examples
    --------
    >>> system_sentence(OSError(errno.ENOSPC, "No space left on device", "out/P1.ome.zarr"))
    'out/P1.ome.zarr: the disk is full; make room and run the same again.'
    """
    why = system_reason(error)
    if isinstance(error.filename, str | bytes | os.PathLike):
        return f"{os.fsdecode(error.filename)}: {why}."
    return f"{why[:1].upper()}{why[1:]}."
