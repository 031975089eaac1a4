"""Readers who are none: their answers have known causes, so that scores can be held against them.

A simulated reader is right of an image with a chance that is normal on the probit scale: its share, moved by
what the reader is able to see and by how hard the clone is, which all readers share. Shares are those over
readers and clones: what varies flattens them, and is put back before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy.special import ndtri

from hcs.readerstudy.clicks import SIMULATED, Click
from hcs.readerstudy.key import Key
from hcs.readerstudy.opened import open_with_key
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.responses import Responses
from hcs_plates.errors import ArgumentError, ExistsError, nearest

SESSION = SIMULATED
SURE_FROM = 0.674
"""How far from undecided a reader has to be to be sure, in SDs: half of all guesses."""


@dataclass(frozen=True)
class SimulatedReader:
    """How one reader answers.

    Parameters
    ----------
    right, ends
        Share called right of the first image and of the last, in a straight line.
    says_positive
        Share called the positive class by one who sees nothing; 0.5 prefers neither.
    """

    right: float = 0.5
    ends: float = 0.5
    says_positive: float = 0.5

    @classmethod
    def of(cls, name: str) -> Self:
        """Read ``guessing``, ``biased``, ``seeing`` or ``tiring``; but for the first also ``seeing=0.8``.

        Raises
        ------
        ArgumentError
            No such reader, or no share between 0 and 1.

        Examples
        --------
        >>> SimulatedReader.of("seeing=0.8"), SimulatedReader.of("tiring").ends
        (SimulatedReader(right=0.8, ends=0.8, says_positive=0.5), 0.5)
        """
        kind, _, given = name.partition("=")
        if kind not in KINDS or (given and kind == "guessing"):
            raise ArgumentError(f"There is no simulated reader {name!r}; {nearest(kind, KINDS)}")
        try:
            share = float(given) if given else KINDS[kind]
        except ValueError:
            share = 0.0
        if not 0 < share < 1:
            raise ArgumentError(f"--reader {name}: give a share between 0 and 1, as in {kind}={KINDS[kind]}.")
        if kind == "biased":
            return cls(says_positive=share)
        return cls(share, 0.5 if kind == "tiring" else share)


KINDS = {"guessing": 0.5, "biased": 0.8, "seeing": 0.7, "tiring": 0.8}
"""Readers by name: who guesses, says the positive class so often, is right so often, or is so at first and
half the time in the end."""


@dataclass(frozen=True)
class Spread:
    """What differs between clones, readers and showings.

    Parameters
    ----------
    clones, readers
        SD of how hard clones are, the same for all readers, and of what readers see; in probits.
    steady
        Correlation of what a reader makes of one image the first time and again.
    """

    clones: float = 0.5
    readers: float = 0.2
    steady: float = 0.5

    def __post_init__(self) -> None:
        if not (self.clones >= 0 and self.readers >= 0 and 0 <= self.steady <= 1):
            raise ArgumentError("SDs of clones and readers are from 0 on, and steady is from 0 to 1.")


def simulate_answers(
    pack: Path | str,
    key: Path | str | None,
    kinds: Sequence[SimulatedReader],
    spread: Spread | None = None,
    *,
    seed: int = 0,
) -> int:
    """Answer a pack as simulated readers would, each as its kind, in turn; gives the number of answers.

    Answers go through the log of responses as those of people do, and each says that it is simulated.

    Raises
    ------
    ExistsError
        Somebody has answered already: people and simulated readers are never mixed.
    ArgumentError
        No kind.
    NotThereError, StoreError
        As `hcs.readerstudy.opened.open_with_key`.
    """
    if not kinds:
        raise ArgumentError("Name a simulated reader: guessing, biased, seeing or tiring.")
    opened, known, _ = open_with_key(pack, key)
    with Responses(opened.folder, create=True) as responses:
        if len(responses.log()):
            raise ExistsError(f"{pack} has answers; simulate readers in a pack that has none.")
        clicks = list(_answered(opened, known, kinds, spread or Spread(), seed))
        responses.record(clicks)
    return len(clicks)


def _answered(
    pack: Pack, key: Key, kinds: Sequence[SimulatedReader], spread: Spread, seed: int
) -> Iterator[Click]:
    """Every answer of every reader."""
    rng = np.random.default_rng(seed)
    groups = key.images["group"].unique()
    hard = dict(zip(groups, spread.clones * rng.standard_normal(len(groups)), strict=True))
    for number, name in enumerate(pack.readers):
        yield from _clicks(pack, key, name, _Mind(kinds[number % len(kinds)], hard, spread, rng))


class _Mind:
    """What one simulated reader makes of images."""

    def __init__(
        self,
        kind: SimulatedReader,
        hard: dict[str, float],
        spread: Spread,
        rng: np.random.Generator,
    ) -> None:
        self._kind, self._hard, self._spread, self._rng = kind, hard, spread, rng
        self._able = spread.readers * rng.standard_normal()
        self._flat = np.sqrt(1 + spread.clones**2 + spread.readers**2)
        self._met: dict[tuple[object, ...], float] = {}

    def evidence(self, place: tuple[object, ...], group: str, positive: bool, done: float) -> float:
        """For the true class, from below 0 (called wrong) to above; `done` is the share of images before."""
        kind = self._kind
        share = kind.right + (kind.ends - kind.right) * done
        lean = ndtri(kind.says_positive) * (1 if positive else -1)
        first = self._met.setdefault(place, float(self._rng.standard_normal()))
        again, steady = float(self._rng.standard_normal()), self._spread.steady
        chance = np.sqrt(steady) * first + np.sqrt(1 - steady) * again
        return float((ndtri(share) + lean) * self._flat + self._hard[group] + self._able + chance)


def _clicks(pack: Pack, key: Key, name: str, mind: _Mind) -> Iterator[Click]:
    """Answer every image of a reader in order; of the training round as its label says."""
    what = key.images.set_index("image").to_dict("index")
    items = pack.items(name)
    last = max(1, sum(not item.training for item in items) - 1)
    judged = 0
    positive, negative = key.study["positive"], key.study["negative"]
    for position, item in enumerate(items):
        image = what[item.image]
        call, sure = str(image["label"]), True
        if not item.training:
            of = image["label"] == positive
            place = tuple(image[name] for name in ("plate", "well", "field", "tile"))
            found = mind.evidence(place, image["group"], bool(of), judged / last)
            call = positive if (found >= 0) == of else negative
            sure, judged = abs(found) >= SURE_FROM, judged + 1
        yield Click(
            name, position, item.image, call, bool(sure), position, f"{SESSION}-{position}", 2.0, "", SESSION
        )
