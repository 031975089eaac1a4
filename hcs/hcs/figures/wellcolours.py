"""Colours of wells: one scale or one set of categories for all plates that are drawn together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import INK, OKABE_ITO, OTHER
from hcs_plates.errors import ArgumentError, nearest

if TYPE_CHECKING:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap

MISSING = "#f4f6f8"
HATCH = "#aab4be"
COLOURED = 7
"""Categories that get a colour of their own; the others, the rarest, share a grey."""


@dataclass(frozen=True)
class WellColours:
    """A colour for every value.

    Parameters
    ----------
    scale
        Of numbers; None for categories.
    names
        Colour of each category, in the legend's order.
    grey
        Categories that share the grey.
    """

    scale: "ScalarMappable | None" = None
    names: Mapping[str, str] = field(default_factory=dict)
    grey: tuple[str, ...] = ()

    @classmethod
    def of_numbers(
        cls, values: pd.DataFrame | pd.Series, limits: tuple[float, float], colours: "str | Colormap"
    ) -> "WellColours":
        """Scale of numbers between limits.

        Raises
        ------
        ArgumentError
            No such colour map.
        """
        from matplotlib import colormaps
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        if isinstance(colours, str) and colours not in colormaps:
            known = [name for name in colormaps if not name.endswith("_r")]
            close = nearest(colours, known)
            hint = close if close.startswith("did") else "'cividis' and 'viridis' are two."
            raise ArgumentError(f"matplotlib has no colour map {colours!r}; {hint}")
        scale = ScalarMappable(Normalize(*limits), colours)
        scale.set_array(np.asarray(values, dtype=float).ravel())
        return cls(scale)

    @classmethod
    def of_categories(cls, values: Sequence[Any], colours: Mapping[str, str]) -> "WellColours":
        """Give colours to categories: those named in `colours` theirs, then the most frequent.

        Raises
        ------
        ArgumentError
            Something in `colours` is no colour.
        """
        from matplotlib.colors import is_color_like

        for name, colour in colours.items():
            if not is_color_like(colour):
                raise ArgumentError(f"{colour!r}, for {name!r}, is no colour; give a name or '#0072b2'.")
        met = pd.Series([str(value) for value in values], dtype=object).value_counts()
        given = {name: colour for name, colour in colours.items() if name in met.index}
        others = sorted(set(met.index) - set(given), key=lambda name: (-int(met[name]), name))
        spare = [colour for colour in OKABE_ITO[:COLOURED] if colour not in given.values()]
        chosen = dict(zip(sorted(others[: len(spare)], key=_counting), spare, strict=False))
        return cls(None, given | chosen, tuple(others[len(spare) :]))

    def rgba(self, values: Sequence[Any]) -> npt.NDArray[np.float64]:
        """Colours of values, array of shape (n, 4), parts from 0 to 1."""
        from matplotlib.colors import to_rgba_array

        if not len(values):
            return np.empty((0, 4))
        if self.scale is not None:
            return np.asarray(self.scale.to_rgba(np.asarray(values, dtype=float)), dtype=float)
        return np.asarray(to_rgba_array([self.names.get(str(value), OTHER) for value in values]))

    def legend(self) -> dict[str, str]:
        """Entries of the legend of categories, the shared grey last."""
        if not self.grey:
            return dict(self.names)
        shared = self.grey[0] if len(self.grey) == 1 else f"{len(self.grey)} others"
        return {**self.names, shared: OTHER}

    def beyond(self) -> str:
        """Say at which ends there are wells beyond the scale: ``both``, ``min``, ``max`` or ``neither``."""
        if self.scale is None:
            return "neither"
        numbers = np.asarray(self.scale.get_array(), dtype=float)
        numbers = numbers[~np.isnan(numbers)]
        below, above = (
            bool((numbers < self.scale.norm.vmin).any()),
            bool((numbers > self.scale.norm.vmax).any()),
        )
        return {(True, True): "both", (True, False): "min", (False, True): "max"}.get(
            (below, above), "neither"
        )


def _counting(name: str) -> list[tuple[bool, int, str]]:
    """Order names as one counts: C2 before C10.

    Examples
    --------
    >>> sorted(["C10", "C2", "b", "10", "9"], key=_counting)
    ['9', '10', 'C2', 'C10', 'b']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def ink_on(colour: Sequence[float] | npt.NDArray[np.float64]) -> str:
    """Dark or white text, whichever has the higher contrast (WCAG 2 relative luminance).

    Examples
    --------
    >>> ink_on((1, 1, 1)), ink_on((0, 0, 0))
    ('#1b2733', '#ffffff')
    """
    channels = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    light = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    return INK if (light + 0.05) / 0.069 > 1.05 / (light + 0.05) else "#ffffff"
