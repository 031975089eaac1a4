"""Names put back on coded plates: a logged step, which says what had been made before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hcs.design.blinding.before import made_before
from hcs.design.blinding.key import CODE, Key, now
from hcs.study.designrecord import DesignRecord
from hcs.wording import counted, listed
from hcs_plates.coding import Made
from hcs_plates.errors import ArgumentError
from hcs_plates.naming import name_plates
from hcs_plates.plate import Plate, open_plate


@dataclass(frozen=True, eq=False)
class Unblinded:
    """Plates that have their names again.

    Parameters
    ----------
    plates
        With their new wells tables.
    record
        When, by which key, and what had been made of each plate before; it tells no code's name.
    """

    plates: tuple[Plate, ...]
    record: DesignRecord


def unblind_plates(key: Key, plates: Sequence[Path | str], studies: Sequence[Path | str] = ()) -> Unblinded:
    """Put the key's names on plates whose column `clone` holds its codes; no pixel is read.

    `clone`, `donor`, `diagnosis` and what else the key holds become columns of the wells, and `code` keeps
    the code. Each plate keeps when that was and the digest of all that had been made of it by then.
    Measurements and features made under codes stay valid.

    Parameters
    ----------
    key
        Opened (`Key.open`).
    plates
        Folders of plates: all of them get names, or none.
    studies
        Results folders of `hcs study prepare`, whose contents are written down.

    Raises
    ------
    HcsError
        No plate there, names that are there already, codes that the key does not know; a study with further
        plates under codes.

    Examples
    --------
    >>> key = Key.open("study.key", "four words of chance")  # doctest: +SKIP
    >>> unblind_plates(key, ["plates/P1.ome.zarr"], ["als-results"]).record.headline  # doctest: +SKIP
    '1 plate was unblinded on 2026-11-30: 12 samples.'
    """
    paths = [Path(path) for path in plates]
    if not paths:
        raise ArgumentError("No plate is named; name those that are to get their names back.")
    if key.fingerprint is None:
        raise ArgumentError(
            "This key was never sealed; seal it, so that its fingerprint can be written down."
        )
    opened = [open_plate(path) for path in paths]
    made = made_before(opened, [Path(study) for study in studies])
    at = now()
    named = name_plates(paths, key.lines, key.fingerprint, at, made)
    return Unblinded(tuple(named), _record(key, named, made, searched=bool(studies)))


def _record(
    key: Key, plates: Sequence[Plate], made: Mapping[str, Sequence[Made]], *, searched: bool
) -> DesignRecord:
    """Tell when samples were unblinded, and what had been made by then."""
    clones = pd.concat([plate.spec.wells[CODE] for plate in plates]).dropna()
    log = plates[0].spec.unblinding
    assert log is not None
    rows = [
        {"plate": plate.name, "what": "images", "place": "", "digest": plate.digest} for plate in plates
    ] + [
        {"plate": name, "what": one.what, "place": one.place, "digest": one.digest}
        for name, own in made.items()
        for one in own
    ]
    kinds = sorted({one.what for own in made.values() for one in own})
    absent = len(key.lines) - clones.nunique()
    sentences = [
        f"The codes were drawn on {key.made:%Y-%m-%d %H:%M} UTC and their key was sealed "
        f"(SHA-256 {log.key[:12]}…).",
        f"Made under codes before: {listed(kinds)}, each with its digest."
        if kinds
        else "Beside the images nothing that was made under codes was found with the plates"
        + ("." if searched else ", and no study's results were named."),
    ]
    if absent:
        sentences.append(
            f"{counted(absent, 'line')} of the key {'is' if absent == 1 else 'are'} on no plate."
        )
    n = len(plates)
    return DesignRecord(
        kind="blinding",
        headline=f"{counted(n, 'plate')} {'was' if n == 1 else 'were'} unblinded on {log.at[:10]}: "
        f"{counted(int(clones.nunique()), 'sample')}.",
        sentences=tuple(sentences),
        settings={"unblinded": log.at, "coded": key.made.isoformat(), "lines": len(key.lines)},
        tables={"made before": rows},
        files={"key": log.key},
    )
