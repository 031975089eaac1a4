"""The design as it was carried out: which groups stood where, and whether any stood on both sides."""

import math
from dataclasses import dataclass

import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.statistics.frames import takes_part
from hcs.wording import plural, spaced

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Covering:
    """Whether the sets cover the groups.

    Parameters
    ----------
    used
        Number of sets.
    needed
        Fewest sets that could put every group into test and into validation at least once: the largest, over
        parts and classes, of groups ÷ groups a set, rounded up.
    never_tested, never_validated
        Groups of the splits that stand in no set's test, or validation, part.
    """

    used: int
    needed: int
    never_tested: tuple[str, ...]
    never_validated: tuple[str, ...]


def covering(facts: StudyFacts) -> Covering | None:
    """Count the sets against what a smallest covering would need; None without splits."""
    if facts.splits.empty:
        return None
    splits = _plain(facts)
    strata = splits["label"] if facts.nested else pd.Series("all", index=splits.index)
    needed = 1
    for _, stratum in splits.groupby(strata):
        total = stratum["group"].nunique()
        for part in ("validation", "test"):
            sizes = stratum[stratum["part"] == part].groupby("set")["group"].nunique()
            if len(sizes):
                needed = max(needed, math.ceil(total / int(sizes.max())))
    everyone = set(splits["group"])

    def missing(part: str) -> tuple[str, ...]:
        return tuple(sorted(everyone - set(splits.loc[splits["part"] == part, "group"])))

    return Covering(splits["set"].nunique(), needed, missing("test"), missing("validation"))


def split_table(facts: StudyFacts) -> pd.DataFrame:
    """Name the groups of every set's parts, by label where a group has one."""
    if facts.splits.empty:
        return pd.DataFrame()
    splits = _plain(facts)
    rows = []
    for number, rows_of_set in splits.groupby("set", sort=True):
        row: dict[str, object] = {"set": number}
        for part in PARTS:
            here = rows_of_set[rows_of_set["part"] == part]
            row[part] = _named(here, facts)
        rows.append(row)
    return pd.DataFrame(rows)


def _named(here: pd.DataFrame, facts: StudyFacts) -> str:
    """Name the groups of one part: ``ALS: C1, C4; control: C2``."""
    if not facts.nested:
        return ", ".join(sorted(set(here["group"])))
    classes = []
    for label in (facts.classes.positive, facts.classes.negative):
        names = sorted(set(here.loc[here["label"] == label, "group"]))
        if names:
            classes.append(f"{spaced(label)}: {', '.join(names)}")
    return "; ".join(classes)


def class_table(facts: StudyFacts) -> pd.DataFrame:
    """Count groups, wells and plates of every label among the included wells, and the test tiles."""
    wells = included_wells(facts)
    if wells.empty or facts.classes.label not in wells or facts.group not in wells:
        return pd.DataFrame()
    tiles = pd.Series(dtype=int)
    if not facts.predictions.empty:
        once = facts.predictions.drop_duplicates(["plate", "well", "field", "tile"])
        tiles = once["label"].astype(str).value_counts()
    rows = []
    for label, here in wells.groupby(
        wells[facts.classes.label].astype(str).where(wells[facts.classes.label].notna(), "–")
    ):
        classes = {facts.classes.positive: "positive", facts.classes.negative: "negative"}
        rows.append(
            {
                facts.classes.label: label,
                "class": classes.get(str(label), "neither"),
                plural(facts.group): int(here[facts.group].nunique()),
                "wells": len(here),
                "plates": ", ".join(sorted(here["plate"].astype(str).unique())),
                "test tiles": int(tiles.get(str(label), 0)),
            }
        )
    order = {"positive": 0, "negative": 1, "neither": 2}
    return pd.DataFrame(
        sorted(rows, key=lambda row: (order[str(row["class"])], str(row[facts.classes.label])))
    )


def one_sided_plates(facts: StudyFacts) -> dict[str, str]:
    """Plates on which only one of the two classes stands: label and plate cannot be told apart there."""
    wells = included_wells(facts)
    if wells.empty or facts.classes.label not in wells:
        return {}
    classes = wells[
        wells[facts.classes.label].astype(str).isin([facts.classes.positive, facts.classes.negative])
    ]
    held = classes.groupby(classes["plate"].astype(str))[facts.classes.label].agg(
        lambda names: sorted(set(map(str, names)))
    )
    return {str(plate): names[0] for plate, names in held.items() if len(names) == 1}


def included_wells(facts: StudyFacts) -> pd.DataFrame:
    """Wells that take part, all of them where the table does not say."""
    return facts.wells[takes_part(facts.wells)]


def _plain(facts: StudyFacts) -> pd.DataFrame:
    """Return the splits with group and label as text."""
    return facts.splits.assign(
        group=facts.splits["group"].astype(str), label=facts.splits["label"].astype(str)
    )
