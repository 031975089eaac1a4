"""The demo's whole way at a smaller size; `.ci/run` runs it in full."""

from dataclasses import replace
from pathlib import Path

import pytest

from hcs import demo
from hcs.demo import run_demo
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.simulate import FieldSpec


@pytest.mark.slow
def test_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From simulated files to a report; kept unless asked, and going on where it was interrupted."""
    small = replace(demo.EXPERIMENT, fields_per_well=1, field=FieldSpec(height=128, width=128))
    monkeypatch.setattr(demo, "EXPERIMENT", small)
    monkeypatch.setitem(demo.SETTINGS, "tiles", {"size": 64})
    study, page = run_demo(tmp_path / "demo")
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "demo-results", "demo.toml", "export", "plates",
    ]  # fmt: skip
    assert study.table("groups")["group"].nunique() == 12
    assert "12 clones" in page.read_text(encoding="utf-8")
    with pytest.raises(ExistsError):
        run_demo(tmp_path / "demo")
    # What follows is about folders: the analyses, which take longest, are made once.
    monkeypatch.setattr(demo, "analyse_study", lambda *_, **__: None)
    run_demo(tmp_path / "demo", overwrite=True)
    (page.parent / "report.html").unlink()
    run_demo(tmp_path / "demo")
    assert page.is_file()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(ArgumentError, match="something else than a demo"):
        run_demo(tmp_path / "mine", overwrite=True)
