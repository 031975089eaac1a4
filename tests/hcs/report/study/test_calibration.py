"""Calibration and calls: groups first, and what is missing is said."""

from dataclasses import replace

import pandas as pd

from hcs.pages.page import PageTable
from hcs.report.facts import ReportFacts
from hcs.report.study.calibration import calibration_section


def test_groups_stand_before_tiles(neurons: ReportFacts) -> None:
    """Brier scores and calls give clones first, with intervals that tiles do not have."""
    section = calibration_section(neurons)
    tables = [part for part in section.parts if isinstance(part, PageTable)]
    for table in tables:
        assert [row[1] for row in table.rows] == ["clone", "clone", "tile", "tile"]
    assert tables[1].rows[0][-1].endswith(")")
    assert "(" not in tables[1].rows[2][-1]
    assert tables[1].columns[2] == "ALS called ALS"


def test_missing_tables_are_named(neurons: ReportFacts) -> None:
    """The section says what it lacks."""
    for table, what in (("brier", "tables of calibration are"), ("confusion", "table of calls is")):
        lacking: dict[str, pd.DataFrame] = {table: pd.DataFrame()}
        assert calibration_section(replace(neurons, **lacking)).missing == [f"The {what} missing."]
