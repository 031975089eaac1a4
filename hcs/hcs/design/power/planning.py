"""A plan made: from a finished study or from assumptions to the clones, wells and images that are enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hcs.classifiers.registry import FIRST
from hcs.design.power.assumed import assumed
from hcs.design.power.expected import Expected
from hcs.design.power.needed import QUANTITIES, Aim, Enough, curve_table, enough, images_table
from hcs.design.power.pilot import pilot_expected
from hcs.design.power.plan import ImagesEnough, SampleSize
from hcs.statistics.binormal import Binormal
from hcs.statistics.power import MOST, TESTS, Size
from hcs.study.designrecord import digests
from hcs.study.folder import StudyResults
from hcs.study.places import RECORD
from hcs.wording import counted, listed, plural
from hcs_plates.errors import ArgumentError, nearest

WELLS, IMAGES = 1, 225
"""Of each clone where nothing is said and there is no pilot: the study's images."""
TOGETHER = "A pair is called right when both of it are."
RATIOS = (0.1, 10.0)
MOST_IMAGES = 100_000


def plan_clones(  # noqa: PLR0913 – what it rests on, what is wanted, and how a clone is imaged
    source: StudyResults | Path | str | Mapping[str, float],
    *,
    goal: str = "accuracy",
    width: float = 0.2,
    power: float = 0.8,
    images: int | None = None,
    wells: int | None = None,
    ratio: float = 1.0,
    pairs: bool = False,
    correlation: float | None = None,
    test: str = "welch",
    gain: float = 0.05,
    model: str = FIRST,
    draws: int = 2_000,
    seed: int = 0,
) -> SampleSize:
    """Tell how many clones per class, wells and images a clone a study takes.

    Parameters
    ----------
    source
        A finished study as the pilot (its results folder), or assumptions by name: one of ``accuracy``,
        ``auc`` and ``d``, and ``icc`` or ``clone_sd``, ``well_sd``, ``image_sd``
        (`hcs.design.power.assumed.assumed`).
    goal
        ``accuracy``, ``auc``: a 95 % interval no wider than `width` (Wilson's over clones, Newcombe's).
        ``yes``: `power` that the report says yes, Wilson's lower limit lying above what naming one label
        gets. ``separation``: that Newcombe's lies above 0.5. ``difference``: that a test finds one.
    width, power
        Wanted.
    images, wells
        Of each clone; the pilot's, or else 225 in one well.
    ratio
        Clones of the other class for each of the positive one.
    pairs, correlation
        Isogenic pairs: a pair is called right when both of it are, and differences are tested within pairs.
        How alike the scores of a pair's two clones are; told by the pilot's own pairs if it has enough.
    test
        Of the difference: ``welch`` or ``mann-whitney``; of pairs it is the paired t-test.
    gain
        Images are enough where twice as many lower the variance of a clone's mean score by less than this.
    model
        Whose scores of the pilot.
    draws, seed
        Studies simulated of each size, and what they are drawn from.

    Raises
    ------
    ArgumentError
        Numbers out of range or that contradict each other, a pilot too small, no effect.

    Examples
    --------
    >>> plan_clones({"accuracy": 0.9, "icc": 0.3}, images=50, draws=200).needed
    18
    """
    asked = _Asked(goal, width, power, images, wells, ratio, pairs, correlation, test, gain, draws)
    asked.check()
    files: dict[str, str] = {}
    if isinstance(source, Mapping):
        if model != FIRST:
            raise ArgumentError("A model is one of a pilot; leave it out with assumptions.")
        known = assumed(source, *asked.assumed(), asked.correlated())
    else:
        study = source if isinstance(source, StudyResults) else StudyResults.open(source)
        known = pilot_expected(study, model, pairs=pairs, correlation=correlation)
        files = digests({f"{study.results.name}/{RECORD}": study.results / RECORD})
    settings = {"source": known.source, **asked.settings(known), "seed": seed}
    return _planned(known, asked, settings, files, np.random.default_rng(seed))


@dataclass(frozen=True)
class _Asked:
    """The parameters of `plan_clones`."""

    goal: str
    width: float
    power: float
    images: int | None
    wells: int | None
    ratio: float
    pairs: bool
    correlation: float | None
    test: str
    gain: float
    draws: int

    def check(self) -> None:
        """Refuse what makes no study; every fault at once."""
        images, wells = self.assumed()
        offered = [name for name in TESTS if name != "paired"]
        faults = [
            (self.goal not in QUANTITIES, f"no goal {self.goal!r}: {nearest(self.goal, QUANTITIES)}"),
            (self.test not in offered, f"no test {self.test!r}: give {listed(offered)}"),
            (not 0 < self.width < 1, f"a width of {self.width:g} must lie between 0 and 1"),
            (not 0 < self.power < 1, f"a power of {self.power:g} must lie between 0 and 1"),
            (not 0 < self.gain < 0.5, f"a gain of {self.gain:g} must lie between 0 and 0.5"),
            (
                not RATIOS[0] <= self.ratio <= RATIOS[1],
                f"a ratio of {self.ratio:g} must lie between {RATIOS[0]:g} and {RATIOS[1]:g}",
            ),
            (
                not 1 <= wells <= images <= MOST_IMAGES,
                f"{counted(images, 'image')} cannot be in {counted(wells, 'well')}",
            ),
            (self.draws < 2, "2 or more studies must be simulated"),
            (self.pairs and self.ratio != 1, "pairs have one clone of each class: leave out the ratio"),
            (
                self.correlation is not None and not self.pairs,
                "a correlation is that of isogenic pairs: ask for pairs too",
            ),
            (
                self.correlation is not None and not -1 < self.correlation < 1,
                f"a correlation of {self.correlation} must lie between -1 and 1",
            ),
        ]
        if said := [text for wrong, text in faults if wrong]:
            raise ArgumentError(f"This plan cannot be made: {'; '.join(said)}.")

    def assumed(self) -> tuple[int, int]:
        """Images and wells of each clone where no pilot tells them."""
        images, wells = self.images, self.wells
        return IMAGES if images is None else images, WELLS if wells is None else wells

    def correlated(self) -> float:
        """Correlation of pairs where nothing but assumptions can tell it."""
        if self.pairs and self.correlation is None:
            raise ArgumentError(
                "Say how alike the two clones of an isogenic pair score, as correlation; 0 is as strangers."
            )
        return self.correlation or 0.0

    def per_clone(self, known: Expected) -> tuple[int, int]:
        """Images and wells of each clone."""
        images = known.images if self.images is None else self.images
        wells = known.wells if self.wells is None else self.wells
        if wells > images:
            raise ArgumentError(f"{images:,} images of a clone cannot be in {wells:,} wells; give both.")
        return images, wells

    def size_of(self, n: int) -> Size:
        """Size of a study of n clones of the positive class."""
        if self.pairs:
            return Size(n, n, "paired")
        return Size(n, max(2, round(n * self.ratio)), self.test)

    def settings(self, known: Expected) -> dict[str, Any]:
        """Everything that was asked, with what stands in for what was left out."""
        images, wells = self.per_clone(known)
        return {
            "goal": self.goal, "width": self.width, "power": self.power, "images": images, "wells": wells,
            "ratio": self.ratio, "correlation": known.law.correlation if self.pairs else None,
            "test": "paired" if self.pairs else self.test, "gain": self.gain, "draws": self.draws,
        }  # fmt: skip


def _planned(
    known: Expected, asked: _Asked, settings: Mapping[str, Any], files: Mapping[str, str],
    rng: np.random.Generator,
) -> SampleSize:  # fmt: skip
    """Find the numbers for every quantity, and draw the curves that they lie on."""
    images, wells = asked.per_clone(known)
    if known.parts is None and (images, wells) != (known.images, known.wells):
        raise ArgumentError(
            f"The pilot's variance between {plural(known.noun)} is not known, so it says nothing of other "
            f"numbers of images and wells than its own {known.images} and {known.wells}; leave them out."
        )
    aim = Aim(asked.size_of, asked.width, asked.power, asked.draws, rng)
    law = known.at(images, wells)
    answers = {name: [enough(law, aim, name)] for name in QUANTITIES}
    laws: dict[str, tuple[Binormal, Sequence[str]]] = {"estimate": (law, QUANTITIES)}
    for name in QUANTITIES:
        limits = known.at_limits(name, asked.ratio, images, wells)
        answers[name] += [] if limits is None else [enough(one, aim, name) for one in limits]
        if limits is not None and name == asked.goal:
            laws |= {at: (one, (name,)) for at, one in zip(("worst", "best"), limits, strict=True)}
    answer = answers[asked.goal]
    n = answer[0].n
    return SampleSize(
        table=_table(answers, aim),
        curve=curve_table(laws, aim),
        images=images_table(known, aim, asked.goal, n or MOST, wells),
        pilot=pd.DataFrame(list(known.pilot), columns=["what", "value"]),
        caveats=(*known.caveats, *([TOGETHER] if asked.pairs else []), _granted(known)),
        goal=asked.goal,
        answer=tuple(answer),
        size=None if n is None else aim.size_of(n),
        per_clone=(images, wells),
        enough=_images_enough(known, wells, asked.gain),
        source=known.source,
        classes=known.classes,
        noun=known.noun,
        settings=settings,
        files=files,
    )


def _granted(known: Expected) -> str:
    """Say what every number takes for granted."""
    if known.draws is None:
        return "Taken for granted: normal scores, batches and plates balanced over the classes."
    return (
        "Taken for granted: mean scores normal (logit), batches and plates balanced over the classes, models "
        f"no better for more {plural(known.noun)}."
    )


def _table(answers: Mapping[str, list[Enough]], aim: Aim) -> pd.DataFrame:
    """Numbers of every quantity: the columns of `SampleSize.table`."""
    rows = []
    for name, (first, *limits) in answers.items():
        ends = sorted(MOST + 1 if one.n is None else one.n for one in limits)
        least, most = (None if end > MOST else end for end in ends) if ends else (None, None)
        other = None if first.n is None else aim.size_of(first.n).m
        rows.append((name, aim.wanted(name), first.n, other, least, most, first.value, first.error))
    columns = ["quantity", "wanted", "n_per_class", "n_other", "least", "most", "value", "value_se"]
    counts = ["n_per_class", "n_other", "least", "most"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(counts, "Int64"))


def _images_enough(known: Expected, wells: int, gain: float) -> ImagesEnough | None:
    """Where more images stop helping, at the estimate and at the limits of the variance between clones."""
    if known.parts is None:
        return None
    units = (known.parts.unit, known.parts.unit_high, known.parts.unit_low)
    first, least, most = (known.parts.enough(wells, gain, unit if isfinite(unit) else None) for unit in units)
    return ImagesEnough(gain, first, least, most, known.parts.at_limit)
