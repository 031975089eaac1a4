"""One value per clone or donor, averaged level by level, and the stratum within which its class may move."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hcs.analysis.clones.compared import ClassRows
from hcs.analysis.question import Question
from hcs.statistics.frames import as_numbers, require_columns
from hcs.wording import counted, plural, spaced
from hcs_plates.names import as_names

SCORE = "score"
TRAINED = "The score's models share training clones, which only `hcs study permute` accounts for."
KEYS = ["unit", "label", "batch", "clone", "plate"]


@dataclass(frozen=True)
class StratifiedUnits:
    """One row per unit and class.

    Parameters
    ----------
    values
        group (the unit), label, value, stratum, further columns asked for, n_rows.
    caveats
        What was left out, and what strata leave open.
    """

    values: pd.DataFrame
    caveats: tuple[str, ...]


def stratified_units(
    chosen: ClassRows, column: str, batch: str | None, others: Sequence[str] = ()
) -> StratifiedUnits:
    """Average wells to plates, plates to clones within a batch, clones to donors, batches to units.

    Each level counts alike, however many wells, plates or clones stand below it. Units that stand in the same
    set of batches are a stratum: what the batches add is the same for all of them. A unit of both classes is
    a stratum of its own, of the batches in which it has both.

    Parameters
    ----------
    chosen
        Rows of two classes.
    column, others
        Numbers to average; only rows with a value of the first take part.
    batch
        Column that names the batch; None makes one stratum of all.
    """
    require_columns(chosen.rows, [column, *others, *([] if batch is None else [batch])], "The table")
    names = chosen.rows[chosen.group]
    rows = pd.DataFrame(
        {
            "unit": chosen.units(names),
            "clone": as_names(chosen.rows["clone"]) if "clone" in chosen.rows else names,
            "label": chosen.rows[chosen.classes.label],
            "batch": "" if batch is None else as_names(chosen.rows[batch]),
            "plate": as_names(chosen.rows["plate"]) if "plate" in chosen.rows else "",
            "value": as_numbers(chosen.rows, column),
            **{name: as_numbers(chosen.rows, name) for name in others},
        }
    )
    said = []
    for name, word in (("value", column), ("batch", batch or "")):
        lost = int(rows[name].isna().sum())
        if lost:
            said.append(
                f"{counted(lost, 'row')} without {'a value' if name == 'value' else spaced(word)} left out."
            )
            rows = rows[rows[name].notna()]
    rows = rows[_comparable(rows)]
    made = _averaged(rows, ["value", *others])
    if batch is not None and _plates_differ(rows, made):
        said.append(
            f"{plural(chosen.classes.noun).capitalize()} of one {spaced(batch)} stand on different plates: "
            "differences between plates count as theirs."
        )
    return StratifiedUnits(made, tuple(said))


def _comparable(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows of units of both classes stand in a batch where the unit has both, if it has any."""
    classes = rows.groupby(["unit", "batch"])["label"].transform("nunique")
    own = rows.groupby("unit")["label"].transform("nunique")
    shared = classes.groupby(rows["unit"]).transform("max") > 1
    return ~((own > 1) & shared) | (classes > 1)


def _averaged(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    held = rows
    for last in range(len(KEYS), 1, -1):
        held = held.groupby(KEYS[:last], as_index=False, sort=True, dropna=False)[columns].mean()
    once = rows[KEYS[:3]].drop_duplicates().sort_values("batch")
    strata = once.groupby(KEYS[:2])["batch"].agg(" + ".join)
    sizes = rows.groupby(KEYS[:2]).size()
    made = held.set_index(KEYS[:2]).assign(stratum=strata, n_rows=sizes).reset_index()
    both = made["unit"].duplicated(keep=False)
    made["stratum"] = made["stratum"].where(~both, "within " + made["unit"].astype(str))
    return made.rename(columns={"unit": "group"})


def _plates_differ(rows: pd.DataFrame, units: pd.DataFrame) -> bool:
    """Whether units of one stratum stand on different plates."""
    once = rows[["unit", "plate"]].dropna().drop_duplicates().sort_values("plate")
    plates = once.groupby("unit")["plate"].agg(" + ".join)
    of = units.drop_duplicates("group").set_index("group")["stratum"]
    return bool((plates.groupby(of).nunique() > 1).any())


def scored_wells(asked: Question) -> tuple[pd.DataFrame, list[str]]:
    """Wells of a study with the model's score and what was measured, and the names of these columns."""
    seen = asked.evidence
    wells = asked.scored
    names = [name for name in seen.measured.columns if name not in ("plate", "well", "group", "label")]
    if names:
        own = seen.measured[["plate", "well", *names]]
        wells = wells.drop(columns=names, errors="ignore").merge(own, on=["plate", "well"], how="left")
    return wells, [SCORE, *names]


def batch_column(asked: Question, wells: pd.DataFrame) -> str | None:
    """Name the batch that was asked for, or the plate, if the wells stand in several."""
    names = (asked.batch, "plate")
    return next((name for name in names if name in wells and wells[name].nunique() > 1), None)
