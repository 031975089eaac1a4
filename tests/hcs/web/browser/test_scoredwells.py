"""Scores of a study that was run are those of its tables, and clones are called as its report counts them."""

import pandas as pd

from hcs.answer.result import right_groups
from hcs.report.reported import Study
from hcs.web.browser.value import RIGHT
from hcs.web.browser.values import SiteWells
from hcs_plates.viewing import open_view


def test_scores_are_those_of_the_study(small_study: Study) -> None:
    """Of every well and clone; wells of neither class have scores and no verdict."""
    plates = [small_study.plate(name).path for name in ("P1", "P2")]
    wells = SiteWells.read([open_view(path) for path in plates], small_study)
    assert wells.scores is not None
    assert wells.scores.models[0] == "cnn"
    shown = wells.table.set_index(["name", "well"])
    for model in wells.scores.models:
        own = small_study.table("well_scores").query("model == @model").set_index(["plate", "well"])
        found = shown[f"well_score.{model}"].dropna()
        pd.testing.assert_series_equal(
            found.sort_index(), own["probability"].sort_index(), check_names=False, check_index_type=False
        )
        right = right_groups(small_study.table("groups"), model, small_study.config.data.positive)
        told = shown.groupby("scored.group")[f"clone_right.{model}"].unique()
        assert {clone: list(values) for clone, values in told.items()} == {
            clone: ["right" if one else "wrong"] for clone, one in right.items()
        }
        assert shown[f"well_right.{model}"].notna().sum() == own["label"].notna().sum()
    left_out = shown.loc[shown["well.included"] == "left out", "well.reason"]
    rows = small_study.table("left_out").query("what == 'well'")
    assert dict(zip(["/".join(place) for place in left_out.index], left_out, strict=True)) == dict(
        zip(rows["where"], rows["reason"], strict=True)
    )
    assert RIGHT in set(shown["clone_right.cnn"])
