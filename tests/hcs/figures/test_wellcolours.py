"""Colours of wells: one scale or one set of categories, told apart by colour-blind eyes, and readable ink."""

import itertools
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from hcs.figures.theme import INK, OTHER
from hcs.figures.wellcolours import COLOURED, WellColours, ink_on

# Linear RGB as seen without one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1).
DEFICIENCIES = {
    "protanopia": (
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ),
    "deuteranopia": (
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ),
    "tritanopia": (
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ),
}  # fmt: skip


def linear(rgb: Any) -> npt.NDArray[np.float64]:
    """Light of an sRGB colour."""
    parts = np.asarray(rgb, dtype=float)[..., :3]
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """CIE Lab of linear RGB (D65)."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.clip(light, 0, 1) @ np.array(to_xyz).T / [0.9505, 1.0, 1.089]
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def numbers(values: Any, limits: tuple[float, float] = (0, 1)) -> WellColours:
    """A scale."""
    return WellColours.of_numbers(pd.Series(values, dtype=float), limits, "cividis")


def test_numbers_lie_on_the_scale() -> None:
    """The colour is the map's own at the number's place; beyond the limits it is the last one."""
    found = numbers([]).rgba([0.0, 0.25, 1.0, 7.0, -7.0, np.inf, -np.inf])
    places = np.array([0.0, 0.25, 1.0, 1.0, 0.0, 1.0, 0.0])
    assert found == pytest.approx(np.array(matplotlib.colormaps["cividis"](places)))
    assert numbers([]).rgba([]).shape == (0, 4)


@pytest.mark.parametrize(
    ("values", "beyond"),
    [
        ([0, 1, np.nan], "neither"), ([-1, 0.5], "min"), ([0.5, 2], "max"), ([-1, 2], "both"),
        ([0.5, np.inf], "max"), ([-np.inf, 0.5], "min"), ([], "neither"), ([np.nan], "neither"),
    ],
)  # fmt: skip
def test_the_scale_says_where_there_is_more(values: list[float], beyond: str) -> None:
    """Infinite numbers are beyond as well; missing ones are not."""
    assert numbers(values).beyond() == beyond


def test_most_frequent_categories_have_colours() -> None:
    """Seven at most; the others share a grey, and the legend says how many they are."""
    values = [name for count, name in enumerate("abcdefghijk", start=1) for _ in range(count)]
    found = WellColours.of_categories(values, {})
    assert set(found.names) == set("efghijk")
    assert set(found.grey) == set("abcd")
    assert list(found.legend()) == [*"efghijk", "4 others"]
    assert len(set(found.names.values())) == COLOURED
    assert found.rgba(["a", "d"])[:, :3] == pytest.approx(np.array([to_rgb(OTHER)] * 2))
    assert found.beyond() == "neither"


def test_a_single_rare_category_is_named() -> None:
    """The eighth of eight stands in the legend by its name."""
    assert list(WellColours.of_categories(list("aabbccddeeffggh"), {}).legend()) == [*"abcdefg", "h"]


def test_given_colours_are_kept_and_not_given_again() -> None:
    """The first of the palette is taken, so the other category has another; names not met fall away."""
    found = WellColours.of_categories(["x", "y"], {"y": "#0072B2", "z": "red"})
    assert found.names["y"] == "#0072B2"
    assert found.names["x"] != "#0072B2"
    assert set(found.legend()) == {"x", "y"}


def test_the_legend_counts() -> None:
    """C2 stands before C10, 9 before 10; the same values in another order give the same colours."""
    names = ["C10", "C2", "b", "10", "9", "é"]
    found = WellColours.of_categories(names, {})
    assert list(found.legend()) == ["9", "10", "C2", "C10", "b", "é"]
    assert WellColours.of_categories(names[::-1], {}) == found


def test_no_category_at_all() -> None:
    """An empty plate has an empty legend."""
    found = WellColours.of_categories([], {"a": "red"})
    assert found.legend() == {}
    assert found.rgba([]).shape == (0, 4)


@pytest.mark.parametrize("deficiency", [None, *DEFICIENCIES])
def test_categories_are_told_apart_by_colour_blind_eyes(deficiency: str | None) -> None:
    """Any two of the seven, and each from white: ΔE at least 8 with every deficiency."""
    found = WellColours.of_categories(list("abcdefg"), {})
    light = linear([*found.rgba(list("abcdefg")), (1, 1, 1, 1)])
    if deficiency:
        light = light @ np.array(DEFICIENCIES[deficiency]).T
    for one, other in itertools.combinations(lab(light), 2):
        assert np.linalg.norm(one - other) > 8


@pytest.mark.parametrize("deficiency", [None, *DEFICIENCIES])
def test_numbers_rise_in_lightness_for_colour_blind_eyes(deficiency: str | None) -> None:
    """The scale is a scale without any hue."""
    light = linear(numbers([]).rgba(np.linspace(0, 1, 24).tolist()))
    if deficiency:
        light = light @ np.array(DEFICIENCIES[deficiency]).T
    assert (np.diff(lab(light)[:, 0]) > 0).all()


def test_ink_can_be_read_on_every_colour() -> None:
    """Contrast by WCAG 2 is the better of the two inks, and 4.5 or more on the categories and the scale."""
    categories = WellColours.of_categories(list("abcdefg"), {}).rgba(list("abcdefgh"))
    for colour in [*categories, *numbers([]).rgba(np.linspace(0, 1, 50).tolist())]:
        light = {ink: float(linear(to_rgb(ink)) @ [0.2126, 0.7152, 0.0722]) for ink in (INK, "#ffffff")}
        own = float(linear(colour) @ [0.2126, 0.7152, 0.0722])
        contrast = {ink: (max(own, one) + 0.05) / (min(own, one) + 0.05) for ink, one in light.items()}
        chosen = ink_on(colour)
        assert contrast[chosen] == pytest.approx(max(contrast.values()), rel=0.02)
        assert contrast[chosen] > 3.5
