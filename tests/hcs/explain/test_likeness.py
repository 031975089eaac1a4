"""Likeness of maps to controls': means over tiles, replicates and clones by hand, and never silent."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.finding import Finding
from hcs.explain.clone import GUIDED, PERMUTED, RANDOM, SHUFFLED
from hcs.explain.likeness import GUIDED_SENTENCE, MapLikeness, compare_maps, method_name
from hcs.explain.sheet import COLUMNS

ROWS = [
    # Shuffled weights come first here, and last in the finding.
    ("g/0", "g", "block2", SHUFFLED, 0.1),
    ("h/0", "h", "block2", SHUFFLED, 0.3),
    # g: two tiles of two replicates; h: one tile; k: nothing that could be compared.
    ("g/0", "g", "block2", RANDOM, 0.2), ("g/1", "g", "block2", RANDOM, 0.4),
    ("g/0", "g", "block2", RANDOM, 0.0), ("g/1", "g", "block2", RANDOM, np.nan),
    ("h/0", "h", "block2", RANDOM, 0.8),
    ("k/0", "k", "block2", RANDOM, np.nan),
    ("g/0", "g", GUIDED, RANDOM, 0.9), ("h/0", "h", GUIDED, RANDOM, 0.7),
    ("g/0", "g", "block3", PERMUTED, np.nan), ("h/0", "h", "block3", PERMUTED, np.nan),
]  # fmt: skip


def table(rows: list[tuple[str, str, str, str, float]]) -> pd.DataFrame:
    """Table of likeness with the columns of the study's."""
    made = pd.DataFrame(rows, columns=["tile_id", "group", "method", "control", "rho"])
    return made.assign(label="ALS")[COLUMNS["likeness"]]


def by_hand() -> MapLikeness:
    """The table above, summed up."""
    return compare_maps(table(ROWS))


def test_means_by_hand() -> None:
    """First over a clone's tiles and replicates, then over clones; what could not be compared is left out."""
    found = by_hand().table.set_index(["control", "method"])
    random = found.loc[(RANDOM, "block2")]
    assert random["n"] == 2
    assert random["rho"] == pytest.approx((0.2 + 0.8) / 2)
    assert (random["low"], random["high"]) == pytest.approx((0.2, 0.8))
    assert found.loc[(RANDOM, GUIDED), "rho"] == pytest.approx(0.8)
    assert found.loc[(SHUFFLED, "block2"), "rho"] == pytest.approx(0.2)
    assert found.loc[(PERMUTED, "block3"), "n"] == 0
    assert np.isnan(found.loc[(PERMUTED, "block3"), "rho"])


def test_shuffled_weights_come_last() -> None:
    """Heads are told before networks, each in the order in which it came."""
    assert list(dict.fromkeys(by_hand().table["control"])) == [RANDOM, PERMUTED, SHUFFLED]


def test_sentences() -> None:
    """Numbers with their intervals and clones, and what guided maps are worth."""
    found = by_hand()
    said = found.summary()
    for word in (
        "Spearman",
        f"those of {RANDOM} at rho 0.50 (Grad-CAM) and 0.80 ({GUIDED})",
        "2 clones",
        GUIDED_SENTENCE,
    ):
        assert word in said
    assert said.startswith(found.headline())
    assert "nan" not in said
    rows = found.statistics.set_index("question")
    row = rows.loc[f"Grad-CAM of block 2 against {RANDOM}"]
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.5, 0.2, 0.8))
    assert f"Grad-CAM of block 2 against {SHUFFLED}" in rows.index
    assert "2 lines" in compare_maps(table(ROWS), noun="line").summary()


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:1],
        ROWS[:2],
        ROWS[2:6],
        [(*row[:4], np.nan) for row in ROWS],
        [row for row in ROWS if row[3] == PERMUTED],
    ],
    ids=["one row", "networks alone", "one clone", "all silent", "a silent control alone"],
)
def test_what_lacks_is_said(rows: list[tuple[str, str, str, str, float]]) -> None:
    """A finding never raises, whatever could not be compared, and never says that something is nan."""
    found = compare_maps(table(rows))
    assert isinstance(found, Finding)
    for said in (found.summary(), found.headline()):
        assert said.endswith(".")
        assert "nan" not in said
    assert found.plot()[0].has_data() or found.plot()[0].texts


def test_one_clone_has_no_interval() -> None:
    """A number all the same."""
    (one,) = compare_maps(table(ROWS[2:6])).table.to_dict("records")
    assert one["n"] == 1
    assert one["rho"] == pytest.approx(0.2)
    assert np.isnan(one["low"])


def test_the_figure_names_kinds_and_controls() -> None:
    """Every kind of map and every control that it was held against."""
    figure = by_hand().plot().figure
    texts = [text.get_text() for axis in figure.axes for text in axis.get_yticklabels()]
    texts += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    texts += [text.get_text() for axis in figure.axes for text in axis.texts]
    drawn = " ".join(texts)
    for word in (method_name("block2"), GUIDED):
        assert word in drawn
