"""Which wells a study is about: its two classes, its groups, wells it only scores, and what is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hcs.analysis.wells.drift import TIMES
from hcs.statistics.frames import takes_part
from hcs.study.filters import matching_rows
from hcs.study.protocols import differing, protocol_notices
from hcs.study.settings import DataSettings
from hcs.tables.classes import exchanged
from hcs.tables.independence import (
    DONOR,
    contradictions,
    copied_images,
    minority_of_both,
    partly_blank,
    shared_donors,
)
from hcs.tables.rolenames import NEGATIVE, POSITIVE, aside_by_class, role_kinds
from hcs.wording import counted, have, listed
from hcs_plates.coding import CLONE, CODE, are_coded
from hcs_plates.columns import left_out_reasons
from hcs_plates.eligibility import ELIGIBILITY
from hcs_plates.errors import ArgumentError, ConfigError, nearest
from hcs_plates.names import as_names
from hcs_plates.plate import Plate
from hcs_plates.spelling import alike

LeftOut = tuple[str, str, str]
ROLE = "role"


@dataclass(frozen=True)
class Selection:
    """The wells of a study.

    Parameters
    ----------
    wells
        One row per selected well that has images: plate, well, group, label (the wells table's values, as
        text), positive (True, False, or missing where the well is of neither class) and the plate's columns.
    left_out
        (what, where, reason) of every well of the plates that is not in `wells`.
    notices
        Sentences on how the settings were understood.
    drawn_by
        Column of codes by which tiles are drawn (images_per_clone) of every sample, so that names and classes
        change nothing of what is taken; None draws from the groups of the two classes.
    """

    wells: pd.DataFrame
    left_out: tuple[LeftOut, ...]
    notices: tuple[str, ...]
    drawn_by: str | None = None

    @property
    def classed(self) -> pd.DataFrame:
        """Wells of the two classes."""
        return self.wells[self.wells["positive"].notna()]


def select_wells(plates: Sequence[Plate], settings: DataSettings, source: Path) -> Selection:
    """Apply a study's data settings to its plates.

    Parameters
    ----------
    plates
        Opened plates.
    settings
        The ``[data]`` section.
    source
        The study file, for the errors.

    Raises
    ------
    ConfigError
        Two plates of one name or with the same images, a clone of two donors or diagnoses, groups that share
        donors or look alike, a column that no wells table has, a value that the label never takes, a filter
        that cannot be applied.
    """
    wells = imaged_wells(plates, source)
    differ = differing(wells, plates)
    wells = pd.concat([wells, differ], axis=1)
    columns = {"label": settings.label, "group": settings.group}
    _refuse_codes(plates, settings.label, source)
    _refuse_unknown(columns, list(wells.columns), "no plate's wells table has a column", source)
    if faults := contradictions(wells, columns=[ELIGIBILITY]):
        raise ConfigError(source, [f"[data] plates: {fault}; correct the platemaps" for fault in faults])
    wells, left_out = taking_part(wells, settings.where, source)
    if faults := contradictions(wells):
        raise ConfigError(source, [f"[data] plates: {fault}; correct the platemaps" for fault in faults])

    def set_aside(mask: pd.Series, reason: str | pd.Series) -> None:
        nonlocal wells
        wells, rows = apart(wells, mask, reason)
        left_out.extend(rows)

    wells["label"] = _as_text(wells[settings.label])
    wells["group"] = _as_text(wells[settings.group])
    classes = {settings.positive: True, settings.negative: False}
    wells["positive"] = pd.array([classes.get(label) for label in wells["label"]], dtype="boolean")
    doubt = exchanged(settings.positive, settings.negative)
    notices = [doubt] if doubt else []
    if ROLE in wells:
        aside, told = aside_by_class(wells[ROLE], wells["label"].where(wells["positive"].notna()))
        notices += told
        set_aside(aside, "its role is " + wells[ROLE].map(repr) + ", beside the samples")
    classed = wells["positive"].notna()
    set_aside(classed & wells["group"].isna(), f"has a {settings.label} but no {settings.group}")
    both = {"positive": settings.positive, "negative": settings.negative}
    values = sorted(wells["label"].dropna().unique())
    _refuse_unknown(both, values, f"no selected well has {settings.label}", source)
    _check_groups(wells["group"].dropna(), settings, source)
    refusal, told = shared_donors(wells[wells["positive"].notna()], settings.group)
    if refusal:
        raise ConfigError(source, f'[data] group: {refusal}; write group = "{DONOR}"')
    notices += [*told, *_notices(wells, settings), *_of_plates(plates, settings.time)]
    notices += protocol_notices(wells, plates, list(differ))
    unblinded = settings.group == CLONE and any(plate.spec.unblinding for plate in plates)
    return Selection(wells, tuple(left_out), tuple(notices), CODE if unblinded else None)


def imaged_wells(plates: Sequence[Plate], source: Path) -> pd.DataFrame:
    """Join the wells of plates that have images.

    Raises
    ------
    ConfigError
        Two plates of one name, or with the same images.
    """
    _check_plates(plates, source)
    return pd.concat([_imaged(plate) for plate in plates], ignore_index=True)


def taking_part(wells: pd.DataFrame, where: str | None, source: Path) -> tuple[pd.DataFrame, list[LeftOut]]:
    """Set aside the wells that are not included and those that do not meet the study's filter.

    Raises
    ------
    ConfigError
        A filter that cannot be applied, or keeps no well.
    """
    wells, left_out = apart(wells, ~takes_part(wells), left_out_reasons(wells))
    if where is None:
        return wells, left_out
    unmet = ~_filter(wells, where, source)
    if unmet.all():
        raise ConfigError(
            source, f"[data] where = {where!r} keeps none of {counted(len(wells), 'included well')}"
        )
    wells, more = apart(wells, unmet, f"does not meet where = {where!r}")
    return wells, [*left_out, *more]


def apart(
    wells: pd.DataFrame, mask: pd.Series, reason: str | pd.Series
) -> tuple[pd.DataFrame, list[LeftOut]]:
    """Part wells from the others, which are given first; of each that leaves, what, where and the reason."""
    of = wells.assign(why=reason)[mask]
    rows = [("well", f"{row.plate}/{row.well}", row.why) for row in of.itertuples()]
    return wells[~mask].reset_index(drop=True), rows


def _refuse_codes(plates: Sequence[Plate], label: str, source: Path) -> None:
    """Refuse plates whose label only a key tells, and those of which some have codes and some names."""
    coded = [plate.name for plate in plates if are_coded(plate.spec.wells)]
    if len(coded) == len(plates) and not any(label in plate.spec.wells for plate in plates):
        raise ConfigError(
            source,
            f"[data] label: no plate says the {label} of its samples, which are under codes; hcs study "
            "prepare makes their tiles, measurements and features, and hcs unblind puts the names back",
        )
    if coded and any(plate.spec.unblinding for plate in plates):
        raise ConfigError(
            source,
            f"[data] plates: {listed(coded)} {have(len(coded))} codes still, and others have their names "
            "back; hcs unblind puts names on all of them",
        )


def _notices(wells: pd.DataFrame, settings: DataSettings) -> list[str]:
    """Say which groups have both labels where most have one, and which wells are scored only."""
    said = list(minority_of_both(wells[wells["positive"].notna()], settings.group))
    others = wells["positive"].isna()
    if ROLE in wells:
        # A planned control of no clone is no doubt about anybody's class.
        others &= wells["group"].notna() | ~role_kinds(wells[ROLE]).kinds.isin([NEGATIVE, POSITIVE])
    if n := int(others.sum()):
        said.append(
            f"{n} wells are neither {settings.positive} nor {settings.negative}: "
            "no model trains on them, and they are scored."
        )
        said += partly_blank(wells, settings.group, settings.label)
    return said


def _of_plates(plates: Sequence[Plate], time: int) -> list[str]:
    """Say which moment of films is taken, and of which plates the format was guessed."""
    notices = []
    films = [plate.name for plate in plates if plate.spec.layout.n_times > 1]
    if films:
        notices.append(f"Of the films of {listed(films)} time {time} (counted from 0) is taken.")
    notices += [told for plate in plates if (told := _scales(plate))]
    guessed = [f"{plate.name} ({plate.spec.format.size})" for plate in plates if not plate.spec.format_stated]
    if guessed:
        notices.append(
            f"Plates were taken to have the fewest wells that hold all that were imaged: {listed(guessed)}; "
            "which wells are outer ones is not known (`hcs ingest --wells` says it)."
        )
    return notices


def _scales(plate: Plate) -> str | None:
    """Say that fields of several shapes become tiles of several scales."""
    told = plate.spec.shapes_told
    return None if told is None else f"{told} Their tiles show cells at other sizes."


def classes_told(settings: DataSettings) -> str:
    """Say whose probability scores are."""
    return f"Scores are the probability of {settings.positive}; {settings.negative} is the other class."


def _check_plates(plates: Sequence[Plate], source: Path) -> None:
    """Refuse plates of one name, and images that are there twice: either would count twice."""
    faults = copied_images(plates)
    names = [plate.name for plate in plates]
    for name in sorted({name for name in names if names.count(name) > 1}):
        same = [plate for plate in plates if plate.name == name]
        # Plates of other tools that were not adopted have no sums of their images.
        if len({frozenset(plate.spec.checksums.items()) or plate.digest for plate in same}) < len(same):
            where = " and ".join(str(plate.path) for plate in same)
            faults.append(f"plate {name!r} is there twice ({where} hold the same images); leave one out")
        else:
            faults.append(f"two plates are called {name!r}; give each its own name")
    if faults:
        raise ConfigError(source, [f"[data] plates: {fault}" for fault in faults])


def _imaged(plate: Plate) -> pd.DataFrame:
    """Wells table of a plate, wells with images only, under the plate's own name.

    When a well was imaged first stands in it where the export says so and the platemap does not.
    """
    table = plate.wells.loc[list(plate.spec.fields)]
    if plate.spec.imaged_at and not {*TIMES} & {*table}:
        first: dict[str, str] = {}
        for (well, _), moment in plate.spec.imaged_at.items():
            first[well] = min(moment, first.get(well, moment))
        table[TIMES[0]] = table["well"].map(first)
    return table.assign(plate=plate.name).reset_index(drop=True)


def _as_text(values: pd.Series) -> pd.Series:
    """Values as text, missing ones as None: labels and groups are names, whatever they look like."""
    return as_names(values, numbers=True).astype(object).where(values.notna(), None)


def _refuse_unknown(asked: Mapping[str, str], known: Sequence[str], said: str, source: Path) -> None:
    """Refuse settings whose values are not known; `said` is the sentence up to the value."""
    faults = [
        f"[data] {setting}: {said} {value!r}; {nearest(value, known)}"
        for setting, value in asked.items()
        if value not in known
    ]
    if faults:
        raise ConfigError(source, faults)


def _check_groups(groups: pd.Series, settings: DataSettings, source: Path) -> None:
    """Refuse groups that look alike: one that is spelt in two ways would stand on both sides of a split."""
    faults = [
        f"[data] group: {' and '.join(map(repr, same))} in the column {settings.group!r} look alike and "
        "would be kept apart as different groups; spell them the same in the platemaps, or name them apart"
        for same in alike(groups)
    ]
    if faults:
        raise ConfigError(source, faults)


def _filter(wells: pd.DataFrame, text: str, source: Path) -> pd.Series:
    """Rows that meet the study's filter."""
    try:
        return matching_rows(wells, text)
    except ArgumentError as error:
        raise ConfigError(source, f"[data] where: {error.message}") from error
