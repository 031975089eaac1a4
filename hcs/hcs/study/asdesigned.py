"""Whether a study was carried out as it was designed: its wells held against the layout that was planned."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from hcs.answer.check import Check, Outcome
from hcs.study.designrecord import DesignRecord
from hcs.wording import are, counted, have, listed
from hcs_plates.wells import parse_well

LAYOUT = "layout"
WELLS = "wells"
"""Table of a layout's record: plate, well, clone (or code), included."""
MOST = 5

Keys = dict[tuple[str, str], str]


def layout_check(
    records: Sequence[DesignRecord], wells: pd.DataFrame, left_out: pd.DataFrame
) -> Check | None:
    """Whether the wells of a study hold the clones that its layout says.

    Parameters
    ----------
    records
        Of the experiment's design.
    wells
        Wells that took part: plate, well, clone, and code where the plates were blinded.
    left_out
        What did not: what, where (``plate/well``), reason.

    Returns
    -------
    Check or None
        Fails where a well holds another clone than the layout says, or is none of the layout's. Wells of the
        layout without images are told. None without a layout.
    """
    laid = _laid_out([one for one in records if one.kind == LAYOUT])
    if not laid or not {"plate", "well", "clone"} <= set(wells):
        return None
    held = {_key(row["plate"], row["well"]): _names(row) for row in wells.to_dict("records")}
    plates, others = ({plate for plate, _ in keys} for keys in (laid, held))
    if not plates & others:
        return Check(
            "as_laid_out",
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
        notes.append(
            f"{counted(aside, 'well')} of it {are(aside)} left out, with the reason in the list below."
        )
    if faults:
        said, outcome = f"The plates do not follow the layout: {'; '.join(faults)}.", Outcome.FAILS
    else:
        found = n - len(lacking) - numbers["n_left_out"]
        said, outcome = (
            f"{found} of the layout's {counted(n, 'well')} took part, each with its clone.",
            Outcome.HOLDS,
        )
    return Check("as_laid_out", outcome, " ".join([said, *notes]), WELLS, numbers, "; ".join(briefs))


def _laid_out(layouts: Sequence[DesignRecord]) -> Keys:
    """Clone or code of every well that a layout fills, by plate and well."""
    rows = [row for one in layouts for row in one.tables.get(WELLS, [])]
    return {
        _key(row["plate"], row["well"]): str(row["clone"])
        for row in rows
        if row.get("clone") is not None and row.get("included") is not False
    }


def _key(plate: object, well: object) -> tuple[str, str]:
    return str(plate), parse_well(str(well)).name


def _names(row: dict[Any, Any]) -> set[str]:
    """Names under which a well's cells are known: the clone's, and its code where there was one."""
    return {str(row[name]) for name in ("clone", "code") if name in row and not pd.isna(row[name])}
