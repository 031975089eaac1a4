"""Whether a study was carried out as it was designed: its wells held against what the records say."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from hcs.answer.check import Check, Outcome
from hcs.study.designed import kept_places
from hcs.study.designrecord import DesignRecord
from hcs.study.unblinded import AFTER, CHANGED, UNCHANGED, sealed_keys, unblinded
from hcs.wording import are, capital, counted, have, listed, plural
from hcs_plates.wells import parse_well

AS_ELIGIBLE, AS_LAID_OUT, BLINDED, LATE = "eligible", "as_laid_out", "blinding", "recorded_late"
"""Names of the checks."""
ELIGIBLE = "eligible"
WELLS = "wells"
MOST = 5

Keys = dict[tuple[str, str], str]


def design_checks(
    records: Sequence[DesignRecord],
    record: Mapping[str, Any],
    wells: pd.DataFrame,
    left_out: pd.DataFrame,
) -> tuple[Check, ...]:
    """Hold the wells of a study against the records of its design.

    Parameters
    ----------
    records
        Of eligibility: rows with clone and eligibility. Of a layout: rows with plate, well, clone (or its
        code) and, where not all take part, included.
    record
        Of the run, which knows when samples were unblinded.
    wells
        Wells that took part: plate, well, clone, and code where the plates were blinded.
    left_out
        What did not: what, where (``plate/well``), reason.

    Returns
    -------
    tuple of Check
        One for each step that has a record which can be held against the wells.
    """
    made: list[Check | None] = []
    if {"plate", "well", "clone"} <= set(wells):
        verdicts = {
            str(row["clone"]): str(row["eligibility"]) for row in _rows(records, "eligibility", "eligibility")
        }
        laid = {
            _key(row["plate"], row["well"]): str(row["clone"])
            for row in _rows(records, "layout", "plate", "well")
            if row["clone"] is not None and row.get("included") is not False
        }
        made += [eligibility_check(verdicts, wells) if verdicts else None]
        made += [layout_check(laid, wells, left_out) if laid else None]
    recorded = any(one.kind == "blinding" for one in records)
    made += [blinding_check(record, recorded, sealed_keys(records)), late_check(records, record)]
    return tuple(one for one in made if one is not None)


def blinding_check(record: Mapping[str, Any], recorded: bool, sealed: Collection[str] = ()) -> Check | None:
    """Whether samples were unblinded only after all was made of the images; None where none were blinded.

    Fails where something that had been made, or a setting, was changed after unblinding. What was only made
    after that is told: stains and images were blind, the rest was not.

    Parameters
    ----------
    record
        Of the run.
    recorded
        Whether a record says that the samples were blinded.
    sealed
        SHA-256 of the keys that were sealed beforehand, as far as records tell them.
    """
    found = unblinded(record)
    if found is None:
        said = "The samples were coded, but no plate says when they were unblinded."
        return Check(BLINDED, Outcome.NOT_KNOWN, said) if recorded else None
    strange = [key[:12] for key in found.keys if key not in sealed]
    if sealed and strange:
        brief = "samples were unblinded with another key than the one that was sealed"
        which = f" ({listed(strange)}, not {listed(key[:12] for key in sorted(sealed))})"
        return Check(BLINDED, Outcome.FAILS, f"{capital(brief)}{which}.", "", {"keys": strange}, brief)
    made = found.table[found.table["what"] != "settings"]
    states = {state: list(own["what"].unique()) for state, own in made.groupby("state", sort=False)}
    numbers = {"changed": list(found.changed)}
    if states.get(CHANGED) or found.settings:
        parts = [*states.get(CHANGED, []), *(["settings"] if found.settings else [])]
        brief = f"{listed(parts)} changed after unblinding"
        which = f" ({'; '.join(found.settings)})" if found.settings else ""
        return Check(BLINDED, Outcome.FAILS, f"{capital(brief)}{which}.", "", numbers, brief)
    days = listed(sorted({str(log["at"])[:10] for log in _logs(record)}))
    when, after = f"Samples were unblinded on {days}", states.get(AFTER, [])
    others = f" Never under codes: {listed(found.named)}." if found.named else ""
    if after:
        said = f"{when}, after imaging and before {listed(after)} were made.{others}"
        return Check(BLINDED, Outcome.TOLD, said, "", numbers)
    said = f"{when}, after {listed(states.get(UNCHANGED, []))} were made.{others}"
    return Check(BLINDED, Outcome.TOLD if others else Outcome.HOLDS, said, "", numbers)


def late_check(records: Sequence[DesignRecord], record: Mapping[str, Any]) -> Check | None:
    """Whether a step was settled, or its record changed, only after it was to stand; None where none was.

    `records` are of the design, `record` is the run's. The day of unblinding is itself recorded afterwards.
    """
    if briefs := [*_changed(record), *_recorded_late(records, record)]:
        brief = "; ".join(briefs)
        return Check(LATE, Outcome.FAILS, f"{capital(brief)}.", "", {"late": briefs}, brief)
    return None


def _changed(record: Mapping[str, Any]) -> Iterator[str]:
    """Name the records that are not any more what they were when tiles and features were made under codes."""
    noted: Mapping[str, str] = (record.get("prepared") or {}).get("records", {})
    held = set(kept_places(record).values())
    steps = [PurePosixPath(place).stem.partition("-")[0] for place, one in noted.items() if one not in held]
    if steps:
        n, named = len(steps), listed(dict.fromkeys(steps))
        which = f"the {plural('record', n)} of {named} {have(n)}"
        yield f"{which} changed since the study was prepared under codes"


def _recorded_late(records: Sequence[DesignRecord], record: Mapping[str, Any]) -> Iterator[str]:
    """Name the steps that were recorded only after unblinding."""
    known = [datetime.fromisoformat(log["at"]) for log in _logs(record)]
    kinds = [one.kind for one in records if known and one.kind != BLINDED and one.made > min(known)]
    late = list(dict.fromkeys(kinds))
    if late:
        yield f"{listed(late)} {'was' if len(late) == 1 else 'were'} recorded after unblinding"


def _logs(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Read what plates keep of the day of unblinding."""
    logs = (plate.get("unblinding") for plate in record.get("plates", {}).values())
    return [log for log in logs if log]


def eligibility_check(verdicts: dict[str, str], wells: pd.DataFrame) -> Check:
    """Whether every clone that took part is eligible by the record; fails where one is not.

    `verdicts` are by clone, `wells` those that took part.
    """
    clones = sorted(map(str, wells["clone"].dropna().unique()))
    against = [clone for clone in clones if verdicts.get(clone, ELIGIBLE) != ELIGIBLE]
    unknown = [clone for clone in clones if clone not in verdicts]
    numbers = {"n_clones": len(clones), "against": against, "not_recorded": unknown}
    if against:
        brief = f"{counted(len(against), 'clone')} took part without being eligible"
        named = listed([f"{clone}: {verdicts[clone]}" for clone in against], MOST)
        return Check(AS_ELIGIBLE, Outcome.FAILS, f"{brief} ({named}).", "", numbers, brief)
    if unknown:
        said = f"Of {listed(unknown, MOST)}, who took part, the record of eligibility says nothing."
        return Check(AS_ELIGIBLE, Outcome.NOT_KNOWN, said, "", numbers)
    said = f"All {counted(len(clones), 'clone')} that took part are eligible."
    return Check(AS_ELIGIBLE, Outcome.HOLDS, said, "", numbers)


def layout_check(laid: Keys, wells: pd.DataFrame, left_out: pd.DataFrame) -> Check:
    """Whether the wells hold the clones that the layout says.

    Fails where a well holds another one, or is none of the layout's. Wells of the layout without images, and
    those that were left out, are told. `laid` is the clone or code of every well of the layout.
    """
    held = {_key(row["plate"], row["well"]): _names(row) for row in wells.to_dict("records")}
    plates, others = ({plate for plate, _ in keys} for keys in (laid, held))
    if not plates & others:
        return Check(
            AS_LAID_OUT,
            Outcome.NOT_KNOWN,
            f"Whether the wells hold what the layout says is not known: it names the plates "
            f"{listed(sorted(plates))}, and the study has {listed(sorted(others))}.",
            WELLS,
        )
    aside = set(left_out.loc[left_out["what"] == "well", "where"]) if "what" in left_out else set()
    missing = [key for key in laid if key not in held and "/".join(key) not in aside]
    exchanged = [key for key in laid if key in held and laid[key] not in held[key]]
    unplanned = [key for key in held if key not in laid and held[key]]
    n_aside = sum(key not in held for key in laid) - len(missing)
    numbers = {
        "n_laid_out": len(laid),
        "n_left_out": n_aside,
        "missing": ["/".join(key) for key in missing],
        "exchanged": ["/".join(key) for key in exchanged],
        "unplanned": ["/".join(key) for key in unplanned],
    }
    return _told(numbers)


def _told(numbers: dict[str, Any]) -> Check:
    """Put into words how wells and layout agree."""
    n, wrong, more = numbers["n_laid_out"], numbers["exchanged"], numbers["unplanned"]
    lacking, faults, briefs = numbers["missing"], [], []
    if wrong:
        briefs.append(f"{counted(len(wrong), 'well')} {have(len(wrong))} another clone than the layout says")
        faults.append(f"{briefs[-1]} ({listed(wrong, MOST)})")
    if more:
        briefs.append(f"{counted(len(more), 'well')} {are(len(more))} not in the layout")
        faults.append(f"{briefs[-1]} ({listed(more, MOST)})")
    notes = []
    if lacking:
        notes.append(
            f"{counted(len(lacking), 'well')} of the layout {have(len(lacking))} no images "
            f"({listed(lacking, MOST)})."
        )
    if aside := numbers["n_left_out"]:
        notes.append(f"{counted(aside, 'well')} of it {are(aside)} left out.")
    if faults:
        said = " ".join([f"The plates do not follow the layout: {'; '.join(faults)}.", *notes])
        return Check(AS_LAID_OUT, Outcome.FAILS, said, WELLS, numbers, "; ".join(briefs))
    found = n - len(lacking) - numbers["n_left_out"]
    said = " ".join([f"{found} of the layout's {counted(n, 'well')} took part, each with its clone.", *notes])
    return Check(AS_LAID_OUT, Outcome.HOLDS, said, WELLS, numbers)


def _rows(records: Sequence[DesignRecord], kind: str, *columns: str) -> Iterator[dict[str, Any]]:
    """Rows of all tables of the records of a kind that have a clone and these columns."""
    for one in records:
        for rows in one.tables.values() if one.kind == kind else ():
            yield from (row for row in rows if {"clone", *columns} <= set(row))


def _key(plate: object, well: object) -> tuple[str, str]:
    return str(plate), parse_well(str(well)).name


def _names(row: dict[Any, Any]) -> set[str]:
    """Names under which a well's cells are known: the clone's, and its code where there was one."""
    return {str(row[name]) for name in ("clone", "code") if name in row and not pd.isna(row[name])}
