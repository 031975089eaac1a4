"""A plan: how many clones, wells and images a clone a study takes, with what it rests on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.design.power.needed import Enough
from hcs.display import preview
from hcs.figures.panels import Panels, figure_bytes, refuse_existing
from hcs.figures.planned import plan_figure
from hcs.statistics.bootstrap import Interval
from hcs.statistics.power import MOST, TESTS, WIDTHS, Size
from hcs.study.designrecord import DesignRecord
from hcs.wording import capital, counted, percent, percent_or_none, plural, sentence, spaced
from hcs_plates.csvcells import csv_text
from hcs_plates.files import write_files
from hcs_plates.paths import local_path

LIMITS = "at the limits of the pilot's 95 % interval"

LONGEST = 120
"""Words of a summary that leaves nothing out."""
FILES = ("power.json", "needed.csv", "curve.csv", "images.csv", "power.svg", "power.png")
"""Of a plan that is kept."""


@dataclass(frozen=True)
class ImagesEnough:
    """Images a clone from which on twice as many hardly help, at the pilot's estimate and at its limits.

    Where no variance between clones is seen, the estimate is that at its upper limit; at its lower one no
    number is enough, and it is infinite.
    """

    gain: float
    images: float
    least: float
    most: float
    at_limit: bool


@dataclass(frozen=True, repr=False)
class SampleSize(Shown):
    """How large a study must be.

    Parameters
    ----------
    table
        One row per quantity: quantity, wanted, n_per_class, n_other (clones of the other class; pairs have
        one of each), least and most (n_per_class at the limits of the pilot; missing where it is assumed, or
        where 10,000 are too few), value (what so many give) and value_se (its Monte Carlo error; missing
        beyond 250 clones, which are by formula).
    curve
        Width or power by the number of clones: at (estimate, worst, best), n_per_class, n_other, quantity,
        value, value_se, formula.
    images
        What more wells and images a clone give: wells, images, share (of a mean score's variance between
        clones), variance, value (at n_per_class), needed.
    pilot
        Numbers of the pilot: what, value.
    caveats
        What the numbers take for granted, or cannot say.
    goal
        The quantity that the headline is about.
    answer
        Its number of clones, at the estimate, at the worst and at the best of the limits.
    size
        The study's size; None where no number is enough.
    wells, images
        Planned of each clone.
    enough
        Where more images stop helping; None where shares of the variance are not known.
    source, classes, noun
        Where it comes from; the positive class and the other; what n counts.
    settings
        Everything that was asked.
    files
        Digests of what it was read from.
    """

    table: pd.DataFrame
    curve: pd.DataFrame
    images: pd.DataFrame
    pilot: pd.DataFrame
    caveats: tuple[str, ...]
    goal: str
    answer: tuple[Enough, ...]
    size: Size | None
    per_clone: tuple[int, int]
    enough: ImagesEnough | None
    source: str
    classes: tuple[str, str]
    noun: str
    settings: Mapping[str, Any]
    files: Mapping[str, str]

    @property
    def needed(self) -> int | None:
        """Clones of the positive class (or pairs) that the goal takes; None where 10,000 are too few."""
        return self.answer[0].n

    @property
    def statistics(self) -> pd.DataFrame:
        """Number of clones for every quantity, with the numbers at the pilot's limits."""
        rows = self.table[self.table["n_per_class"].notna()]
        return statistics_table(
            Stated(
                self.aim(row.quantity),
                f"{self._units()} needed",
                float(row.n_per_class),
                Interval(*(nan if pd.isna(end) else float(end) for end in (row.least, row.most))),
                LIMITS,
            )
            for row in rows.itertuples()
        )

    def aim(self, quantity: str) -> str:
        """Say what is wanted of a quantity."""
        width, power = self.settings["width"], percent(self.settings["power"])
        said = {
            "accuracy": f"a 95 % interval of the accuracy no wider than {width:g}",
            "auc": f"a 95 % interval of the AUC no wider than {width:g}",
            "yes": f"{power} power for a yes of the report",
            "separation": f"{power} power for an AUC above 0.5",
            "difference": f"{power} power of {TESTS[self.settings['test']]}",
        }
        return said[quantity]

    def headline(self) -> str:
        """Say how many clones the goal takes, at the limits too, and where more images stop helping."""
        first, *limits = self.answer
        aim = self.aim(self.goal)
        takes = "takes" if first.n is not None else "is not reached with"
        between = ""
        if limits:
            ends = [_many(one.n) for one in sorted(limits, key=lambda one: one.n or inf)]
            between = f" (pilot's limits: {ends[0] if ends[0] == ends[1] else ' to '.join(ends)})"
        images = ""
        if self.enough is not None and 1 < self.enough.images <= self.images["images"].max():
            images = f"; more than {counted(int(self.enough.images), 'image')} a {self.noun} hardly help"
        return f"{capital(aim)} {takes} {self._count(first.n)}{between}{images}."

    def summary(self) -> str:
        """Say the headline, where the variance lies and every caveat; if there is room, what a yes takes."""
        parts = (self.headline(), self._shares(), self._other(), *self.caveats)
        whole = sentence(*parts)
        return whole if len(whole.split()) <= LONGEST else sentence(*parts[:2], *self.caveats)

    def sentences(self) -> tuple[str, ...]:
        """Give what stands behind the headline, as the record keeps it."""
        others = [self._reached(row) for row in self.table["quantity"] if row != self.goal]
        parts = (f"It rests on {self.source}.", self._shares(), *others, *self.caveats)
        return tuple(dict.fromkeys(part for part in parts if part))

    def plot(self) -> Panels:
        """Draw the goal against clones, and against images a clone at the clones needed; its axes."""
        figure = plan_figure(
            self.curve[self.curve["quantity"] == self.goal],
            self.images,
            wanted=float(self.settings["width" if self.goal in WIDTHS else "power"]),
            needed=self.needed,
            enough=None if self.enough is None else self.enough.images,
            words=(self._units(), self.noun, self._axis()),
            planned=self.per_clone,
        )
        return Panels.of(figure, self.curve)

    def record(self) -> DesignRecord:
        """Make the record that a study's design section tells."""
        tables = {"needed": self.table, "images": self.images, "pilot": self.pilot}
        return DesignRecord(
            kind="power",
            headline=self.headline(),
            sentences=self.sentences(),
            settings=dict(self.settings),
            tables={name: _rows(table) for name, table in tables.items() if len(table)},
            files=dict(self.files),
        )

    def save(self, folder: Path | str, *, overwrite: bool = False) -> dict[str, Path]:
        """Write the plan: all of it, or nothing.

        Returns
        -------
        dict
            The files by name, `FILES`; power.json is the design record.

        Raises
        ------
        ExistsError, PlaceError
            A file is there already; the folder cannot be written to.
        """
        place = local_path(folder)
        files = {name: place / name for name in FILES}
        refuse_existing(files.values(), overwrite=overwrite)
        figure = self.plot().figure
        tables = {"needed.csv": self.table, "curve.csv": self.curve, "images.csv": self.images}
        made: dict[str, bytes] = {name: csv_text(table).encode() for name, table in tables.items()}
        made |= {f"power{ending}": figure_bytes(figure, ending) for ending in (".svg", ".png")}
        digest = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
        record = self.record().model_copy(update={"files": {**self.files, **digest}})
        made = {"power.json": json.dumps(record.model_dump(mode="json"), indent=1).encode(), **made}
        write_files({files[name]: content for name, content in made.items()})
        return files

    def _repr_html_(self) -> str:
        return preview(self.headline(), self.table, len(self.table))

    def _axis(self) -> str:
        """Label of the goal's axis."""
        if self.goal in WIDTHS:
            return f"Width of the 95 % interval of the {'AUC' if self.goal == 'auc' else 'accuracy'}"
        return {
            "yes": "Power: the report says yes",
            "separation": "Power: AUC above 0.5",
            "difference": f"Power of {TESTS[self.settings['test']]}",
        }[self.goal]

    def _units(self) -> str:
        """Name what is counted, as an axis does."""
        if self.settings["test"] == "paired":
            return "isogenic pairs"
        nouns = plural(self.noun)
        one = self.settings["ratio"] == 1
        return f"{nouns} per class" if one else f"{spaced(self.classes[0])} {nouns}"

    def _count(self, n: int | None) -> str:
        """Write a number of clones with what they are; without one, the most that was looked at."""
        if self.size is None or n is None or self.settings["ratio"] == 1 or self.size.paired:
            return f"{n or MOST:,} {self._units()}"
        first, other = map(spaced, self.classes)
        return f"{n:,} {first} and {self.size.m:,} {other} {plural(self.noun)}"

    def _shares(self) -> str:
        """Say which share of the variance lies between clones, and from where on images hardly help."""
        if self.enough is None or self.images.empty:
            return ""
        images, wells = self.per_clone
        at = self.images[(self.images["images"] == images) & (self.images["wells"] == wells)]
        share = percent_or_none(float(at["share"].iloc[0]))
        found, nouns = self.enough, plural(self.noun)
        seen, spread = share, ""
        if found.at_limit:
            seen = f"No variance between {nouns} is seen; at its upper limit, {share}"
        if not found.at_limit and found.least != found.most:
            most = f"{found.most:,.0f}" if isfinite(found.most) else "no end"
            spread = f" (pilot's limits: {found.least:,.0f} to {most})"
        return (
            f"{seen} of the variance of a {self.noun}'s mean score ({counted(images, 'image')} in "
            f"{counted(wells, 'well')}) lies between {nouns}; doubling images beyond "
            f"{found.images:,.0f}{spread} lowers it by under {percent(found.gain)}."
        )

    def _other(self) -> str:
        """Say what a yes of the report takes, or, where that is the headline, a narrow interval."""
        return self._reached("accuracy" if self.goal == "yes" else "yes")

    def _reached(self, quantity: str) -> str:
        """Say how many clones a quantity takes."""
        row = self.table.set_index("quantity").loc[quantity]
        aim = self.aim(quantity)
        n = None if pd.isna(row["n_per_class"]) else int(row["n_per_class"])
        takes = "takes" if n else "is not reached with"
        return f"{capital(aim)} {takes} {n or MOST:,} {self._units()}."


def _many(n: int | None) -> str:
    return f"over {MOST:,}" if n is None else f"{n:,}"


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as the record keeps them: what is missing is null."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]
