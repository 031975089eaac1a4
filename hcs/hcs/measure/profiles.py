"""What was measured as profiles for other tools: numbers, apart from what is known of their wells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pandas as pd

from hcs.measure.measured import Measurements
from hcs.wording import UNITS, are, counted, have, listed
from hcs_plates.errors import ArgumentError, nearest

GROUPS = {"clones": "clone", "donors": "donor"}
"""Levels of profiles over wells, and the column that names their rows."""
LEVELS = ("wells", "fields", *GROUPS)
NAMES = {"plate": "Plate", "well": "Well", "field": "Site"}
"""Names of places in profiles of CellProfiler and pycytominer; other columns keep theirs."""
PREFIX = "Metadata_"
CONDITIONS = (
    "role", "treatment", "dose", "dose_unit", "day", "differentiation_day", "stain", "primary_antibody",
    "primary_dilution", "secondary_antibody", "secondary_dilution",
)  # fmt: skip
"""What was done to a well: wells that differ in it are never brought to one median."""
STATISTICS = ("_mean", "_sd", "_median")
MOST_LISTED = 10


@dataclass(frozen=True)
class Profiles:
    """Measurements of a plate, apart from what is known of the wells.

    Parameters
    ----------
    metadata
        One row per well, field, clone or donor: its place, the platemap's columns, how many fields count.
    features
        The measurements, of the same rows; numbers, none of which is a count of images.
    record
        What made them, JSON-ready.
    place
        Columns of `metadata` that together name a row.
    notices
        Sentences on what was left out.
    """

    metadata: pd.DataFrame
    features: pd.DataFrame
    record: Mapping[str, Any]
    place: tuple[str, ...]
    notices: tuple[str, ...] = ()

    def units(self) -> list[str]:
        """Give the unit of each feature; empty for shares, counts, ratios and grey levels."""
        statistics = () if self.record["level"] == "fields" else STATISTICS
        return [feature_unit(name, statistics) for name in self.features.columns]

    def labelled(self) -> pd.DataFrame:
        """Give `metadata` under the names that pycytominer tells from features: ``Metadata_Well``.

        A name that begins with ``Metadata_`` already stays, as pycytominer's `load_platemap` leaves it.

        Raises
        ------
        ArgumentError
            Two columns of one name.
        """
        named: dict[str, str] = {}
        for name in self.metadata.columns:
            new = name if name.startswith(PREFIX) else f"{PREFIX}{NAMES.get(name, name)}"
            if new in named:
                raise ArgumentError(
                    f"Columns {named[new]!r} and {name!r} would both be called {new}; give one another "
                    "heading in the platemap (hcs platemap PLATE MAP), and measure again."
                )
            named[new] = name
        return self.metadata.set_axis(list(named), axis=1)


def feature_unit(name: str, statistics: Iterable[str] = STATISTICS) -> str:
    """Give the unit at the end of a measurement's name, before the statistic; empty where there is none.

    Examples
    --------
    >>> [feature_unit(name) for name in ("mean_soma_area_um2_sd", "cells_per_mm2_mean", "FITC_um_p99_sd")]
    ['µm²', '1/mm²', '']
    """
    statistic = next((one for one in statistics if name.endswith(one)), "")
    own = name.removesuffix(statistic)
    for end, unit in {**UNITS, "_mm2": "mm²"}.items():
        if own.endswith(end):
            return f"1/{unit}" if own.endswith(f"_per{end}") else unit
    return ""


def profiles(measured: Measurements, level: str = "wells") -> Profiles:
    """Take a plate's measurements as profiles.

    Parameters
    ----------
    measured
        What `hcs measure` stored.
    level
        ``wells`` (means, spreads and medians over the fields and cells that count), ``fields``, ``clones`` or
        ``donors``: of each the median over its wells that count, which is how pycytominer's `aggregate` and
        `consensus` sum up where nothing else is asked for. Wells that differ in what was done to them
        (`CONDITIONS`) are profiles of their own.

    Raises
    ------
    ArgumentError
        No such level; no well of a clone or donor counts.
    """
    if level not in LEVELS:
        raise ArgumentError(f"Profiles are of {listed(LEVELS)}; got {level!r}: {nearest(level, LEVELS)}")
    wells = measured.wells
    known = list(wells.columns[: list(wells.columns).index("n_fields")])
    if level == "fields":
        table = measured.fields
        told = wells[[name for name in known if name not in ("plate", "included")]]
        own = list(table.columns)
        table = table.merge(told, on="well", how="left", suffixes=("", "_platemap"), validate="many_to_one")
        about = [name for name in own if name in ("plate", "well", "field", "included", "reason")]
        about += [name for name in table.columns if name not in own]
        place: tuple[str, ...] = ("plate", "well", "field")
    else:
        table, about, place = wells, [*known, "n_fields", "n_fields_included"], ("plate", "well")
    metadata, features, notices = table[about], table[[name for name in table if name not in about]], []
    numbers = features.select_dtypes("number")
    if left := [name for name in features if name not in numbers]:
        n = len(left)
        notices.append(
            f"{counted(n, 'column')} {have(n)} no numbers and {are(n)} left out: {listed(left, MOST_LISTED)}"
        )
    record = {
        "plate": measured.record["plate"],
        "images": str(measured.record.get("images", "")),
        "level": level,
        "measurements": str(measured.path),
        "version": version("hcs"),
    }
    made = Profiles(
        metadata.reset_index(drop=True), numbers.reset_index(drop=True), record, place, tuple(notices)
    )
    return _grouped(made, GROUPS[level]) if level in GROUPS else made


def _grouped(wells: Profiles, group: str) -> Profiles:
    """Sum wells up by clone or donor, apart where other things were done to them."""
    metadata, notices = wells.metadata, list(wells.notices)
    if group not in metadata:
        raise ArgumentError(
            f"The wells have no column {group!r}, so there are no profiles of {group}s; the platemap says it "
            "(hcs platemap PLATE MAP)."
        )
    nameless, uncounted = metadata[group].isna(), metadata["n_fields_included"] == 0
    if n := int(nameless.sum()):
        notices.append(f"{counted(n, 'well')} without a {group} {are(n)} left out")
    if n := int((uncounted & ~nameless).sum()):
        notices.append(f"{counted(n, 'well')} without a field that counts {are(n)} left out")
    kept = ~nameless & ~uncounted
    if not kept.any():
        plate = wells.record["plate"]
        raise ArgumentError(f"No well of plate {plate} has a {group} and a field that counts.")
    metadata, features = metadata[kept].rename(columns={"n_wells": "platemap_n_wells"}), wells.features[kept]
    keys = ["plate", group, *(name for name in CONDITIONS if name in metadata)]
    # Rows of one profile, whatever is not known of them: a number each.
    number = metadata.groupby(keys, dropna=False, observed=True, sort=True).ngroup()
    by = metadata.groupby(number)
    same = by.nunique(dropna=False).le(1).all()
    about = [name for name in metadata if name not in (*keys, "well", "n_fields", "n_fields_included")]
    if differing := [name for name in about if not same[name]]:
        notices.append(
            f"{counted(len(differing), 'column')} of the platemap with several values in one {group} "
            f"{are(len(differing))} left out: {listed(differing, MOST_LISTED)}"
        )
    rows = by.head(1)[[*keys, *(name for name in about if same[name])]].set_axis(number[by.head(1).index])
    counts = by[["n_fields", "n_fields_included"]].sum().assign(n_wells=by.size())
    order = [*rows.columns, "n_wells", "n_fields", "n_fields_included"]
    made = rows.sort_index().join(counts)[order].reset_index(drop=True)
    medians = features.astype("float64").groupby(number).median().reset_index(drop=True)
    apart = [name for name in keys[2:] if made[name].nunique(dropna=False) > 1]
    record = {**wells.record, "aggregate": "median over wells"}
    return Profiles(made, medians, record, ("plate", group, *apart), tuple(notices))
