"""The page of new plates: k of n right where that is known, every clone, and what could not be scored."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest
from tests.hcs.report.reading import Page

from hcs.report.predicted.page import predicted_headline, predicted_page
from hcs.study.predict import Predictions
from hcs.tables.compared import Classes

CLASSES = Classes("ALS", "control", "diagnosis", "clone")
NAN = float("nan")
NOTE = "No interval for a clone <b>."


def scored(labels: Sequence[str | None], scores: Sequence[float]) -> Predictions:
    """Clones of one well each, by two models of which the second calls all of them ALS."""
    names = [f"n{place}" for place in range(len(labels))]
    one = pd.DataFrame({"group": names, "label": labels, "n_tiles": 4, "n_heads": 3, "sd": 0.1})
    groups = pd.concat(
        [one.assign(model="cnn", probability=scores), one.assign(model="forest", probability=0.9)],
        ignore_index=True,
    )
    wells = groups.assign(plate="P9", well="A01")
    tiles = wells.assign(field=1, tile=0)
    left_out = pd.DataFrame([("well", "P9/D06", "not included")], columns=["what", "where", "reason"])
    return Predictions(tiles, wells, groups, left_out, "ALS", "clone", (NOTE,))


FOUND = scored(["ALS", "ALS", "control", "control", None, "ALS"], [0.9, 0.4, 0.1, 0.2, 0.7, NAN])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (FOUND, "The CNN calls 3 of 4 clones right (95 % interval 0.30–0.95), AUC 1.00; 1 more of unknown"),
        (
            scored([None, None], [0.9, 0.1]),
            "The CNN calls 1 of 2 clones ALS; the platemaps name no diagnosis",
        ),
        (scored(["ALS"], [0.9]), "The CNN calls 1 of 1 clone right (95 % interval 0.21–1.00)."),
    ],
    ids=["some known", "none known", "one class"],
)
def test_the_headline(found: Predictions, said: str) -> None:
    """K of n with its Wilson interval, of the clones whose diagnosis is known and that were scored."""
    assert predicted_headline(found, CLASSES).startswith(said)


def test_nothing_scored() -> None:
    """Where every model saw every clone there is no number and no figure."""
    groups = FOUND.groups.assign(probability=NAN, sd=NAN, n_heads=0)
    none = replace(FOUND, groups=groups)
    assert predicted_headline(none, CLASSES) == "None of 6 clones could be scored: no model is blind to any."
    page = Page(predicted_page(none, CLASSES, "als"))
    assert not [one for one in page.images if one["tag"] == "svg" and one.get("role") == "img"]


@pytest.mark.usefixtures("undrawn")
def test_every_clone_is_listed() -> None:
    """With diagnosis, call and whether it is right; scores of both models; caveats and what was left out."""
    text = predicted_page(FOUND, CLASSES, "als")
    page = Page(text)
    for row in (
        "n0 ALS ALS yes 0.90 ± 0.10 0.90 ± 0.10 3 4",
        "n1 ALS control no 0.40 ± 0.10",
        "n4 not known ALS – 0.70 ± 0.10",
        "n5 ALS not scored – –",
    ):
        assert row in page.text
    assert NOTE in page.text
    assert "<b>" not in text
    assert "P9/D06" in page.text
    assert page.table("groups.csv")["probability"].notna().sum() == 11
