"""How a plate's pixels came of the planes of its export: what was chosen, corrected and put together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import pandas as pd

SAID = {"max": "the maximum", "mean": "the mean", "best-focus": "the plane in best focus of each channel"}


@dataclass(frozen=True)
class Made:
    """What was done to an export's planes before they were stored; nothing unless it says so.

    Parameters
    ----------
    times
        The export's time points that the plate has, counted from 0; None where it has all.
    z
        ``keep``, or how stacks became one plane (`hcs_plates.projection`).
    flat_fields
        Illumination profiles of the export by channel name, as `FlatField.to_json` gives them.
    flat_field_applied
        Whether pixels are divided by them already.
    clipped
        Pixels that were cut at the type's largest value when they were divided, by channel name.
    stitched
        Fields of the export that a stitched well is put together of: well, field, and the row, column, height
        and width, in pixels, of its place; empty where fields are kept apart.
    lacking
        Planes of the export that a plane of the plate was to be made of, and was made without: well, field,
        channel, time, z as the export counts them, and the reason.
    taken
        Where z is ``best-focus``: the step that was taken of every channel, by ``B03/1`` of the export and,
        within, time by time; -1 where there is none.
    """

    times: tuple[int, ...] | None = None
    z: str = "keep"
    flat_fields: Mapping[str, Any] = field(default_factory=dict)
    flat_field_applied: bool = False
    clipped: Mapping[str, int] = field(default_factory=dict)
    stitched: tuple[tuple[str, int, int, int, int, int], ...] = ()
    lacking: tuple[tuple[str, int, int, int, int, str], ...] = ()
    taken: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def is_other(self) -> bool:
        """Whether a plane of the plate is another than that of the export."""
        return self.z != "keep" or self.flat_field_applied or bool(self.stitched)

    def after(self, outputs: Iterable[Mapping[str, Any]], channels: Sequence[str], n_times: int) -> "Made":
        """Enter what was met when fields were made.

        Parameters
        ----------
        outputs
            Of each field (`hcs_plates.fieldpixels.FieldPixels.told`).
        channels, n_times
            Of the plate.
        """
        lacking, clipped, taken = list(self.lacking), dict(self.clipped), dict(self.taken)
        for output in outputs:
            lacking += [tuple(row) for row in output.get("lacking", ())]
            for channel, n in output.get("clipped", ()):
                clipped[channels[channel]] = clipped.get(channels[channel], 0) + n
            for well, number, channel, time, z in output.get("taken", ()):
                steps = list(taken.get(f"{well}/{number}", (-1,) * (n_times * len(channels))))
                steps[time * len(channels) + channel] = z
                taken[f"{well}/{number}"] = tuple(steps)
        return replace(self, lacking=tuple(sorted(lacking)), clipped=clipped, taken=taken)

    def in_focus(self, channels: Sequence[str], n_times: int) -> pd.DataFrame:
        """Tabulate `taken`: well, field, channel, time, z of the export."""
        rows = [
            (*place(name), channel, time, z)
            for name, steps in self.taken.items()
            for (time, channel), z in zip(product(range(n_times), channels), steps, strict=True)
            if z >= 0
        ]
        return pd.DataFrame(rows, columns=["well", "field", "channel", "time", "z"])

    def places(self) -> pd.DataFrame:
        """Tabulate `stitched`: well, field, row, column, height, width."""
        return pd.DataFrame(self.stitched, columns=["well", "field", "row", "column", "height", "width"])

    def told(self) -> list[str]:
        """Say what was done to the planes."""
        said = []
        if self.z != "keep":
            said.append(f"Of each stack in z the plate has {SAID[self.z]}.")
        names = ", ".join(self.flat_fields)
        if self.flat_field_applied:
            said.append(f"Pixels of {names} were divided by the export's illumination profiles.")
        elif self.flat_fields:
            said.append(
                f"The export's illumination profiles of {names} are kept beside the pixels, which are not "
                "corrected by them (--flat-field apply corrects)."
            )
        for name, n in self.clipped.items():
            said.append(f"{n} pixels of {name} were cut at the largest grey level when they were divided.")
        if self.lacking:
            well, number, channel, time, z, reason = self.lacking[0]
            said.append(
                f"{len(self.lacking)} planes of the export are missing from what was made of several, first "
                f"well {well}, field {number}, channel {channel}, time {time}, z {z} ({reason})."
            )
        return said


def place(name: str) -> tuple[str, int]:
    """Read a field's name.

    Examples
    --------
    >>> place("B03/1")
    ('B03', 1)
    """
    well, number = name.split("/")
    return well, int(number)
