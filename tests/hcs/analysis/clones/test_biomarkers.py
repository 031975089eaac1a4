"""Scores beside biomarkers: logit and logarithm, donors, who is left out, and what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.clones.biomarkers import MarkedClones, Wanted, marked_clones
from hcs_plates.errors import ArgumentError

NAMES = list("abcdef")


def scores() -> pd.DataFrame:
    """Six clones of two classes, two of them with scores at the edge."""
    table = pd.DataFrame({"model": "cnn", "group": NAMES, "label": ["ALS"] * 3 + ["control"] * 3})
    return table.assign(probability=[1.0, 0.9, 0.75, 0.5, 0.25, 0.001])


def clinical() -> pd.DataFrame:
    """Their biomarkers."""
    nfl = [90.0, 60.0, 80.0, 20.0, 10.0, 30.0]
    return pd.DataFrame({"nfl": nfl, "ck": [1.0, 3, 2, 5, 4, 6]}, index=pd.Index(NAMES, name="clone"))


def taken(table: pd.DataFrame | None = None, known: pd.DataFrame | None = None, **words: Any) -> MarkedClones:
    """Take nfl and ck unless told otherwise."""
    columns = words.pop("columns", ["nfl", "ck"])
    table, known = scores() if table is None else table, clinical() if known is None else known
    return marked_clones(table, known, Wanted(columns, "ALS", **words))


def test_scores_are_clipped_and_only_what_is_asked_for_is_logged() -> None:
    """Logits by hand, ±ln 99 at the edges; the logarithm of nfl alone; a sentence on either."""
    found = taken(logged=["nfl"])
    logits = [np.log(99), np.log(9), np.log(3), 0.0, -np.log(3), -np.log(99)]
    assert found.values[:, 0] == pytest.approx(logits)
    assert found.values[:, 1] == pytest.approx(np.log(clinical()["nfl"]))
    assert found.values[:, 2].tolist() == clinical()["ck"].tolist()
    assert found.names == ("score", "nfl", "ck")
    assert "Scores of 2 clones beyond 0.01 or 0.99 are set there before the logit." in found.notices[0]
    assert "On the log scale: nfl." in found.notices


def test_clones_without_a_biomarker_are_named() -> None:
    """A missing cell, a missing row and a value without logarithm leave clones out, each by name."""
    known = clinical().drop(index="f")
    known.loc["a", "ck"], known.loc["b", "nfl"] = np.nan, 0.0
    found = taken(known=known, logged=["nfl"])
    assert found.left_out == ("a", "b", "f")
    assert found.rows["group"].tolist() == ["c", "d", "e"]
    assert "3 clones that lack a biomarker left out: a, b and f." in found.notices
    assert "nfl of 0 or less has no logarithm: missing in 1 of the rows." in found.notices


def test_donors_of_several_clones_are_units() -> None:
    """From a column of the table, or a Series beside a table by donor, clones of a donor share a unit."""
    of = pd.Series(["p", "p", "q", "r", "s", "t"], index=NAMES)
    by_clone = taken(known=clinical().assign(donor=of))
    by_donor = taken(known=clinical().groupby(of).mean(), donors=of)
    assert by_clone.units.tolist() == by_donor.units.tolist() == [0, 0, 1, 2, 3, 4]
    assert by_donor.values[:, 1].tolist() == [75.0, 75.0, 80.0, 20.0, 10.0, 30.0]
    assert by_clone.unit_noun == "donor"
    assert by_clone.count() == (2, 3)
    assert any("6 clones come from 5 donors" in said for said in by_clone.notices)


def test_a_clone_whose_donor_is_not_known_stands_for_itself() -> None:
    """It is a unit of its own, and named."""
    found = taken(donors=pd.Series(["p", "p"], index=["a", "b"]))
    assert found.units.tolist() == [0, 0, 1, 2, 3, 4]
    assert any(
        said.startswith("4 clones without a donor count as donors of their own") for said in found.notices
    )


def test_other_models_and_rows_of_a_clone() -> None:
    """The model asked for is taken, and rows of a clone are averaged."""
    more = pd.concat([scores(), scores().assign(model="forest", probability=0.5)])
    assert taken(more, model="forest").rows["probability"].tolist() == [0.5] * 6
    twice = pd.concat([scores(), scores().assign(probability=0.5)])
    assert taken(twice).rows["probability"][1] == pytest.approx(0.7)


def test_a_clone_of_both_labels_is_left_out() -> None:
    """Biomarkers cannot tell a clone from itself."""
    both = pd.concat([scores(), scores().iloc[:1].assign(label="control")])
    found = taken(both)
    assert found.rows["group"].tolist() == NAMES[1:]
    assert "1 clone with several labels left out: a." in found.notices


ODD = [
    ({"ck": 7.0}, ("score", "nfl"), "ck is the same for all clones and left out."),
    ({"ck": -2.0 * clinical()["nfl"]}, ("score", "nfl", "ck"), "nfl and ck are the same"),
]


@pytest.mark.parametrize(("change", "names", "words"), ODD)
def test_columns_that_add_nothing_are_told(
    change: dict[str, Any], names: tuple[str, ...], words: str
) -> None:
    """A constant column falls away; one that follows another is named."""
    found = taken(known=clinical().assign(**change))
    assert found.names == names
    assert any(words in said for said in found.notices)


def test_a_score_that_is_the_same_for_all_is_told() -> None:
    """It stays, with words."""
    assert (
        "The score is the same for all clones and tells nothing."
        in taken(scores().assign(probability=0.4)).notices
    )


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: taken(columns="nfl"), r"columns is the text 'nfl'; give a list of columns, as in \['nfl'\]"),
    (lambda: taken(columns=[]), "columns is empty"),
    (lambda: taken(columns=["nfI"]), "no column 'nfI'; did you mean 'nfl'"),
    (lambda: taken(logged=["ckk"]), "logged has 'ckk', which is none of columns; did you mean 'ck'"),
    (lambda: taken(block="site"), "no column 'site'"),
    (lambda: taken(scores().drop(columns="label")), "no column 'label'"),
    (lambda: taken(scores().assign(label="control")), "No row has the label 'ALS'"),
    (lambda: taken(scores().assign(probability=2.5)), "probability 2.5; give probabilities, from 0 to 1"),
    (lambda: taken(model="forest"), "no score of model 'forest'"),
    (lambda: taken(pd.concat([scores(), scores().assign(model="forest")])), "name one, as in model='cnn'"),
    (lambda: taken(known=clinical().assign(ck="high")), "has 'high' as ck"),
    (lambda: taken(known=pd.concat([clinical(), clinical()])), "has 'a' twice"),
    (lambda: taken(donors=pd.Series(["p", "q"], index=["a", "a"])), "clone 'a' has several donors"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_wrong_arguments_are_refused(call: Callable[[], object], words: str) -> None:
    """Each with what is wrong and what to give."""
    with pytest.raises(ArgumentError, match=words):
        call()
