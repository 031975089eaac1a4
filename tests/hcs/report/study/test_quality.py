"""Tests of the section on field quality: counts by reason, plate, class and clone."""

from dataclasses import replace

import pandas as pd
import pytest

from hcs.heatmaps.plates import PagePlates
from hcs.report.facts import ReportFacts
from hcs.report.study.page import study_page
from hcs.report.study.quality import quality_section


def measured(facts: ReportFacts) -> pd.DataFrame:
    """Two fields of each well; on P1 the second ones of ALS are out of focus, one of them with debris."""
    wells = facts.wells[facts.wells["included"]]
    fields = wells[["plate", "well", "clone", "diagnosis"]].rename(
        columns={"clone": "group", "diagnosis": "label"}
    )
    rows = pd.concat([fields.assign(field=number) for number in (1, 2)], ignore_index=True)
    blurred = (rows["plate"] == "P1") & (rows["label"] == "ALS") & (rows["field"] == 2)
    rows = rows.assign(included=~blurred, reason="")
    rows.loc[blurred, "reason"] = "out of focus: focus -0.9, -0.5 is the least"
    rows.loc[blurred.idxmax(), "reason"] += "; debris: 9 % of the field, 5 % is the most"
    return rows


def test_flagged_fields_are_counted(neurons: ReportFacts) -> None:
    """By reason (a field may have two), by plate, by class as the mean over clones, and by clone."""
    fields = measured(neurons)
    flagged = fields[~fields["included"]]
    section = quality_section(replace(neurons, fields=fields))
    assert f"Flagged: {len(flagged)} of {len(fields)} fields" in section.paragraphs[0]
    shares = (~fields["included"]).groupby([fields["label"], fields["group"]]).mean()
    assert f"ALS {100 * shares['ALS'].mean():.1f} % (mean over 6 clones)" in section.paragraphs[1]
    assert "control 0.0 % (mean over 6 clones)" in section.paragraphs[1]
    reasons, wells, plates = section.parts
    assert [list(row) for row in reasons.rows] == [  # type: ignore[attr-defined]
        ["out of focus", str(len(flagged))], ["debris", "1"],
    ]  # fmt: skip
    assert isinstance(wells, PagePlates)
    by_plate = fields.groupby("plate")["included"].agg(["size", lambda held: int((~held).sum())])
    assert [[int(cell) for cell in row[1:]] for row in plates.rows] == by_plate.to_numpy().tolist()  # type: ignore[attr-defined]


def test_nothing_flagged_and_nothing_measured(neurons: ReportFacts) -> None:
    """Without flags there is no heatmap of them; without measurements the section says why it is empty."""
    sound = measured(neurons).assign(included=True, reason="")
    section = quality_section(replace(neurons, fields=sound))
    assert "Flagged: 0 of" in section.paragraphs[0]
    assert [part.kind for part in section.parts] == ["table"]
    (said,) = quality_section(neurons).paragraphs
    assert said.startswith("Fields were not judged")


@pytest.mark.usefixtures("undrawn")
def test_reasons_are_escaped(neurons: ReportFacts) -> None:
    """A reason is text, on the page and in the data that the script reads."""
    fields = measured(neurons).assign(reason="</script><script>alert(1)</script>", included=False)
    text = study_page(replace(neurons, fields=fields))
    assert "<script>alert" not in text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in text
