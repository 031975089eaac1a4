"""When a study's samples were unblinded, and whether anything that stood then was changed afterwards."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from hcs.study.claims import NOT_SETTINGS
from hcs.study.designrecord import DesignRecord
from hcs.study.places import FEATURES, MEASURED, MEASUREMENTS, TILE_SET
from hcs.study.settings import SECTIONS
from hcs.wording import counted, listed, plural

UNCHANGED, CHANGED, AFTER = "unchanged since", "changed since", "made after"


@dataclass(frozen=True, eq=False)
class Unblinded:
    """What was made before unblinding, beside what stands now.

    Parameters
    ----------
    sentences
        When samples were unblinded, what had been made, what was changed.
    table
        One row a thing and plate: plate, what, before (its digest then; empty where it was not there), now,
        and state: unchanged since, changed since, made after.
    changed
        What was changed or made after unblinding, of what could have been made before.
    settings
        Settings that are otherwise than they were written down under codes, as ``name: there → here``.
    named
        Plates that were never under codes.
    keys
        SHA-256 of the sealed keys of unblinding.
    """

    sentences: tuple[str, ...]
    table: pd.DataFrame
    changed: tuple[str, ...]
    settings: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def unblinded(record: Mapping[str, Any]) -> Unblinded | None:
    """Compare what plates had been made into when samples were unblinded with what a study's run rests on.

    Parameters
    ----------
    record
        Of a finished study (`StudyResults.record`).

    Returns
    -------
    Unblinded
        None where no plate of the study was ever under codes.
    """
    plates: Mapping[str, Any] = record.get("plates", {})
    logs = {name: plate["unblinding"] for name, plate in plates.items() if plate.get("unblinding")}
    if not logs:
        return None
    table = pd.DataFrame(
        [row for name, log in logs.items() for row in _rows(name, log, record)],
        columns=["plate", "what", "before", "now", "state"],
    )
    settings = _settings_changed(record)
    named = [name for name in plates if name not in logs]
    sentences = [
        _when(logs),
        *([f"{_plates(named)} never under codes."] if named else []),
        *_standing(table),
        *_of_settings(table, settings),
    ]
    odd = table[table["state"] != UNCHANGED]
    changed = [f"{what} of {listed(own['plate'])}" for what, own in odd.groupby("what", sort=False)]
    odd_settings = tuple(f"setting {one}" for one in settings)
    keys = tuple(dict.fromkeys(log["key"] for log in logs.values()))
    return Unblinded(tuple(sentences), table, (*changed, *odd_settings), tuple(settings), tuple(named), keys)


def sealed_keys(records: Iterable[DesignRecord]) -> set[str]:
    """Give the SHA-256 of the keys that were sealed before unblinding, as records tell them."""
    before = [one for one in records if "unblinded" not in one.settings]
    return {one.files["key"] for one in before if one.kind in ("blinding", "layout") and "key" in one.files}


def _rows(name: str, log: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Give what stood when a plate was unblinded, and what stands now."""
    plate, files = record["plates"][name], record.get("files", {})
    yield _row(name, "images", {log["images"]}, plate["digest"])
    prepared = record.get("prepared") or {}
    now = {
        "settings": prepared.get("digest"),
        "tiles": files.get(TILE_SET),
        "features": files.get(FEATURES),
        "measurements": files.get(f"{MEASURED}/{name}", files.get(MEASUREMENTS)),
    }
    for what, digest in now.items():
        if digest is not None:
            yield _row(name, what, {one["digest"] for one in log["made"] if one["what"] == what}, digest)


def _row(plate: str, what: str, before: set[str], now: str) -> tuple[str, ...]:
    if now in before:
        return plate, what, now, now, UNCHANGED
    return plate, what, ", ".join(sorted(before)), now, CHANGED if before else AFTER


def _when(logs: Mapping[str, Mapping[str, Any]]) -> str:
    """Say on which day samples were unblinded, and with which key."""
    days = dict.fromkeys(
        f"{datetime.fromisoformat(log['at']):%Y-%m-%d %H:%M} UTC (key {log['key'][:12]})"
        for log in logs.values()
    )
    n = len(logs)
    return f"Samples of {counted(n, 'plate')} were unblinded on {listed(days)}."


def _plates(names: list[str]) -> str:
    return f"{plural('Plate', len(names))} {listed(names)} {'was' if len(names) == 1 else 'were'}"


def _standing(table: pd.DataFrame) -> Iterator[str]:
    """Say what had been made before, and what of it is another now."""
    same = table[table["state"] == UNCHANGED]
    if len(same):
        kinds, n = same["what"].unique(), same["plate"].nunique()
        shown = same.groupby("what", sort=False)["now"].agg(lambda own: ", ".join(_short(own)))
        digests = "; ".join(f"{what} {digest}" for what, digest in shown.items())
        yield f"Made before and unchanged since: {listed(kinds)} of {counted(n, 'plate')} ({digests})."
    for state, said in ((CHANGED, "Changed since unblinding"), (AFTER, "Made after unblinding")):
        odd = table[table["state"] == state]
        if len(odd):
            parts = [f"{what} of {listed(own['plate'])}" for what, own in odd.groupby("what", sort=False)]
            yield f"{said}: {'; '.join(parts)}."


def _short(digests: pd.Series) -> list[str]:
    return [str(digest)[:8] for digest in digests.unique()]


def _settings_changed(record: Mapping[str, Any]) -> list[str]:
    """Name the settings that are otherwise than when tiles and features were made under codes."""
    prepared = record.get("prepared")
    if not prepared:
        return []
    there, here = prepared["config"], record["config"]
    return [
        f"[{section}] {name}: {there.get(section, {}).get(name)} → {here.get(section, {}).get(name)}"
        for section, kind in SECTIONS.items()
        for name in kind.model_fields
        if (section, name) not in NOT_SETTINGS
        and there.get(section, {}).get(name) != here.get(section, {}).get(name)
    ]


def _of_settings(table: pd.DataFrame, changed: list[str]) -> Iterator[str]:
    """Say whether the study's settings were written down before unblinding, and which changed."""
    written = table[(table["what"] == "settings") & (table["state"] == UNCHANGED)]
    if written.empty:
        yield "The study's settings were not written down before unblinding."
    elif changed:
        yield f"Settings changed after they were written down under codes: {'; '.join(changed)}."
    else:
        yield "Every setting of the study is as it was written down under codes."
