"""Tests of the look: inlined figures are deterministic, self-contained and escaped."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

import hcs.figures.theme
from hcs.figures.theme import OKABE_ITO, label_colours, new_figure, theme, to_svg
from hcs_plates.errors import ArgumentError


def draw(title: str = "title") -> Figure:
    """A figure with a clip path, a marker and text."""
    with theme():
        figure = new_figure(3, 2)
        axis = figure.subplots()
        axis.plot([0, 1], [0, 1], marker="o")
        axis.set_title(title)
    return figure


def test_svg_is_the_same_every_time() -> None:
    """Two drawings of one thing give one text: no date, no random id."""
    assert to_svg(draw()) == to_svg(draw())


def test_svg_is_one_element_without_prologue() -> None:
    """It can stand inside HTML: well-formed, no XML or DOCTYPE line, no style sheet for the whole page."""
    svg = to_svg(draw(), name="one")
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert svg.startswith("<svg ")
    for unwanted in ("<?xml", "<!DOCTYPE", "<style", "<metadata", "/work", "matplotlib.org"):
        assert unwanted not in svg


def test_ids_of_two_figures_do_not_meet() -> None:
    """Ids carry the figure's name, and every reference points to an id of the same element."""
    one, two = to_svg(draw(), name="one"), to_svg(draw(), name="two")
    ids = {name: re.findall(r'\sid="([^"]+)"', svg) for name, svg in (("one", one), ("two", two))}
    assert ids["one"]
    assert not set(ids["one"]) & set(ids["two"])
    assert all(ident.startswith("one-") for ident in ids["one"])
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', one)
    assert references
    assert {first or second for first, second in references} <= set(ids["one"])


def test_text_and_alt_are_escaped_and_never_read_as_mathematics() -> None:
    """A name with markup or dollars is shown as it is."""
    svg = to_svg(draw('<script>$a_1$ id="x"'), alt='"><script>')
    assert "<script" not in svg
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == '"><script>'
    assert '<script>$a_1$ id="x"' in "".join(root.itertext())


def test_a_name_that_is_no_id_is_refused() -> None:
    """Spaces and quotes would break the references."""
    with pytest.raises(ArgumentError, match=r"'a b' cannot be part of an id; use letters"):
        to_svg(draw(), name="a b")


def test_the_theme_leaves_no_settings_behind() -> None:
    """Users' own matplotlib settings are theirs after a figure is drawn."""
    import matplotlib

    before = {name: value for name, value in matplotlib.rcParams.items() if name != "backend"}
    to_svg(draw())
    assert {name: matplotlib.rcParams[name] for name in before} == before


def test_classes_keep_their_colours_and_others_differ() -> None:
    """Positive and negative have one colour each in every figure, and no other label shares it."""
    labels = ["x", "ALS", "y", "control", "z"]
    colours = label_colours(labels, positive="ALS", negative="control")
    assert (colours["ALS"], colours["control"]) == ("#D55E00", "#0072B2")
    assert len(set(colours.values())) == len(labels)
    assert set(colours.values()) <= set(OKABE_ITO)


@pytest.mark.parametrize("package", ["figures", "report"])
def test_importing_the_modules_loads_no_drawing_library(package: str) -> None:
    """`import hcs` stays light: heavy libraries are imported inside the functions that use them."""
    heavy = {"matplotlib", "tensorflow", "keras", "cv2", "jinja2", "sklearn", "scipy"}
    files = sorted((Path(hcs.figures.theme.__file__).parents[1] / package).glob("*.py"))
    assert len(files) > 4
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                assert not {name.name.split(".")[0] for name in node.names} & heavy, file
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in heavy, file
