"""Which of two classes is positive, as labs name them: one rule, and what was guessed is told."""

import pandas as pd
import pytest

from hcs.tables.classes import exchanged, two_classes
from hcs.tables.spec import label_values
from hcs_plates.errors import ArgumentError

KNOWN = [
    ("ALS", "control"),
    ("Patient", "Ctrl"),
    ("SMA", "CTL"),
    ("HD", "Healthy"),
    ("AD", "HC"),
    ("Parkinson", "normal"),
    ("mutant", "Isogenic"),
    ("mutant", "isogenic control"),
    ("Null", "WT"),
    ("KO", "Wild-Type"),
    ("riluzole", "DMSO"),
    ("compound 7", "DMSO 0.1 %"),
    ("LPS", "untreated"),
    ("siRNA", "scrambled"),
    ("yes", "no"),
    ("True", "False"),
    ("1", "0"),
    ("ALS", "non-ALS"),
    ("ALS", "not ALS"),
    ("ALS", "nonALS"),
    ("ALS", "ALS-"),
    ("poscon", "negcon"),
    ("positive_control", "negative_control"),
    ("-/-", "+/+"),
    ("Zellweger", "healthy donor 3"),
    ("case", "blood bank"),
    ("Patient", "brother"),
    ("non-small cell", "healthy"),
    ("acontrol-like", "CONTROL"),
]


@pytest.mark.parametrize(("positive", "negative"), KNOWN)
def test_controls_are_negative(positive: str, negative: str) -> None:
    """Names of controls are known in whatever case and with whatever between words, in either order."""
    for order in ((positive, negative), (negative, positive)):
        found = two_classes(order, "diagnosis")
        assert (found.positive, found.negative, found.guessed) == (positive, negative, False)
        assert positive in found.reason
        assert negative in found.reason
    table = pd.DataFrame({"diagnosis": [negative, positive, None]})
    assert label_values(table, "diagnosis", None, None) == two_classes([positive, negative], "diagnosis")


@pytest.mark.parametrize(
    ("one", "other"),
    [("C9orf72", "SOD1"), ("A", "b"), ("control", "healthy"), ("DMSO", "vehicle"), ("ALS", "FTD"), ("F", "M"),
     ("isogenic control", "healthy control"), ("line 1", "line 2"), ("early", "late"), ("case", "patient")],
)  # fmt: skip
def test_a_guess_is_told(one: str, other: str) -> None:
    """Where names say nothing, or the same of both, the alphabet decides, and the sentence says how to."""
    for order in ((one, other), (other, one)):
        found = two_classes(order, "genotype")
        assert found.positive == min(one, other, key=str.casefold)
        assert found.guessed
        assert "guess" in found.reason
        assert "--positive" in found.reason


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("control", None), ("control", "ALS")),
        ((None, "ALS"), ("control", "ALS")),
        (("ALS", None), ("ALS", "control")),
        (("control", "ALS"), ("control", "ALS")),
    ],
)
def test_the_user_has_the_last_word(given: tuple[str | None, str | None], expected: tuple[str, str]) -> None:
    """A choice is kept; one that makes scores those of controls is told as that."""
    found = two_classes(["ALS", "control"], "diagnosis", *given)
    assert (found.positive, found.negative) == expected
    assert ("scores are then of controls" in found.reason) == (expected[0] == "control")
    assert bool(exchanged(*expected)) == (expected[0] == "control")


@pytest.mark.parametrize(
    ("values", "given", "message"),
    [
        (["ALS", "FTD", "control"], (None, None), "has 3 values"),
        (["ALS", "FTD", "control"], ("ALS", None), "name the two"),
        (["ALS"], (None, None), "no two to tell apart"),
        ([None, float("nan")], (None, None), "all blank"),
        (["ALS", "control"], ("als", None), "did you mean 'ALS'"),
        (["ALS", "control"], ("ALS", "controls"), "did you mean 'control'"),
        (["ALS", "control"], ("ALS", "ALS"), "both 'ALS'"),
        (["ALS", "als", "control"], (None, None), "look alike"),
        (["ALS", "ALS ", "control"], ("ALS", "control"), "look alike"),
        (["ALS", "АLS"], (None, None), "look alike"),
    ],
)
def test_what_cannot_be_two_classes_is_refused(
    values: list[object], given: tuple[str | None, str | None], message: str
) -> None:
    """Never a choice among three, between a value and nothing, or of a value that no row has."""
    with pytest.raises(ArgumentError, match=message):
        two_classes(values, "diagnosis", *given)
