"""All analyses of a real small study: each answers or says why not, and what it found is kept."""

import json
import re
import shutil
import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from tests.hcs.conftest import replace_table
from tests.hcs.report.reading import Page

from hcs.analysis.clinical import ClinicalTable
from hcs.analysis.finding import Finding
from hcs.analysis.kept import SUMMARIES
from hcs.analysis.registry import ANALYSES
from hcs.analysis.stated import COLUMNS
from hcs.figures.panels import Panels
from hcs.findings.from_study import study_evidence
from hcs.findings.run import StudyAnalyses, analyse_study
from hcs.report.gather import study_facts
from hcs.report.reported import Study
from hcs.report.study.page import study_page
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT_ANALYSES
from hcs_plates.errors import ArgumentError

GLOSSARY = Path(__file__).parents[3] / "hcs" / "GLOSSARY.md"


@pytest.fixture(scope="module")
def study(small_study: Study, tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """A copy of the small study whose folder the analyses may fill; its platemaps know batch and passage."""
    folder = tmp_path_factory.mktemp("analyses") / "results"
    shutil.copytree(small_study.results, folder)
    for name in ("tables/wells.parquet", "tiles.parquet"):
        table = pd.read_parquet(folder / name)
        table["differentiation_batch"] = table["plate"].map({"P1": "B1", "P2": "B2"})
        table["passage"] = table["group"].str[1:].astype(float) + 20
        table["donor"] = table["group"].map(lambda name: f"D{name[1:]}" if isinstance(name, str) else name)
        replace_table(folder, name, table)
    return StudyResults.open(folder)


@pytest.fixture(scope="module")
def clinical() -> ClinicalTable:
    """Duration of the patients, sex of all clones."""
    names = [f"{kind}{k}" for kind in "ac" for k in range(4)]
    table = pd.DataFrame({"duration_months": [9.0, 30, 14, 22] + [np.nan] * 4, "sex": list("ffmm") * 2})
    return ClinicalTable(table.set_axis(pd.Index(names, name="clone")))


@pytest.fixture(scope="module")
def found(study: StudyResults, clinical: ClinicalTable) -> StudyAnalyses:
    """Every analysis, made once."""
    return analyse_study(study, clinical=clinical, biomarkers=["duration_months"])


@pytest.mark.slow
def test_every_analysis_answers(found: StudyAnalyses) -> None:
    """Each gives a finding: a table, a sentence, a picture; none is lost."""
    lacking = [
        "calls_within_batches",
        "stratification",
        "assay_quality",
        "replicate_correlation",
        "control_charts",
    ]
    assert list(found) == [name for name in ANALYSES if name not in lacking]
    assert sorted(found.left_out) == sorted(lacking)
    assert len(found) == len(ANALYSES) - len(lacking)
    assert found.left_out["calls_within_batches"].startswith("Every clone stands in the same differentiation")
    for name, finding in found.items():
        assert isinstance(finding, Finding), name
        assert isinstance(finding.plot(), Panels), name
        assert finding.summary().endswith("."), name
        assert "nan" not in finding.summary().lower().split(), name


@pytest.mark.slow
def test_page_one_of_all_of_it_is_short(found: StudyAnalyses, study: StudyResults) -> None:
    """Question, answer, why and why not in 350 words, whatever was asked."""
    assert len(found)
    page = Page(study_page(study_facts(study)))
    shown = " ".join(page.visible).removeprefix("Skip to the report ")
    first = shown.partition("What it rests on:")[0].split()
    assert 50 < len(first) <= 350


@pytest.mark.slow
def test_the_glossary_has_every_name(found: StudyAnalyses) -> None:
    """Of tests, intervals, estimates and corrections: one of its terms is part of the name, or it of one."""
    held = [line.partition("**: ")[0] for line in GLOSSARY.read_text(encoding="utf-8").splitlines()]
    terms = [term.lower() for line in held for term in re.findall(r"\*\*(.+?)(?:\*\*|$)", line)]
    stated = pd.concat([one.statistics for one in found.values()])
    names = stated[["test", "interval", "estimate", "correction"]].stack()
    strange = sorted(name for name in set(names[names != ""]) if not known(name.lower(), terms))
    assert strange == []


def known(name: str, terms: list[str]) -> bool:
    """Whether one is among the words of the other."""
    return any(within(term, name) or within(name, term) for term in terms)


def within(part: str, whole: str) -> bool:
    """Whether the part stands in the whole, as words of its own."""
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", whole) is not None


@pytest.mark.slow
def test_what_was_found_is_kept(found: StudyAnalyses, study: StudyResults) -> None:
    """Table, picture in three formats, and sentences of each, readable by others."""
    folder = study.results / KEPT_ANALYSES
    said = json.loads((folder / SUMMARIES).read_text(encoding="utf-8"))
    told = found.to_json()
    for name, sentences in said["findings"].items():
        tables = sentences.pop("tables")
        assert tables[0] == name
        assert all((folder / f"{table}.parquet").is_file() for table in tables)
    assert {name: said[name] for name in told} == told
    for name, finding in found.items():
        kept = pd.read_parquet(folder / f"{name}.parquet")
        pd.testing.assert_frame_equal(kept, finding.table.reset_index(drop=True), check_dtype=False)
        drawn = ElementTree.fromstring((folder / f"{name}.svg").read_text(encoding="utf-8"))
        assert drawn.tag.endswith("svg")
        assert drawn.get("aria-label") == finding.summary()
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert not list(study.results.glob(".*partial"))


@pytest.mark.slow
def test_figures_are_drawn_once_and_alike(
    found: StudyAnalyses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One drawing for all formats; PNGs of 150 pixels per inch; the same bytes when kept again."""
    drawn: list[Panels] = []
    of = Panels.of

    def counted(figure: Figure, numbers: pd.DataFrame) -> Panels:
        drawn.append(of(figure, numbers))
        return drawn[-1]

    monkeypatch.setattr(Panels, "of", counted)
    some = StudyAnalyses({name: found[name] for name in ("design", "mixing", "passages")}, asked=found.asked)
    once, again = (some.save(tmp_path / name) for name in ("once", "again"))
    assert len(drawn) == 2 * len(some)
    for panels, name in zip(drawn, some, strict=False):
        width, height = struct.unpack(">II", (once / f"{name}.png").read_bytes()[16:24])
        assert (width, height) == tuple((150 * panels.figure.get_size_inches()).astype(int))
    kept = {path.name: path.read_bytes() for path in once.iterdir()}
    assert kept == {path.name: path.read_bytes() for path in again.iterdir()}
    for content in kept.values():
        assert b"Matplotlib" not in content
        assert b"CreationDate" not in content


@pytest.mark.slow
def test_what_was_kept_says_how_it_was_asked_for(
    found: StudyAnalyses, study: StudyResults, tmp_path: Path
) -> None:
    """Model, batch and seed, whether a clinical table was given, and what of it does not meet the study."""
    said = json.loads((study.results / KEPT_ANALYSES / SUMMARIES).read_text(encoding="utf-8"))
    assert said["asked"] == {
        "model": "cnn", "batch": "differentiation_batch", "seed": 0, "clinical": True,
        "clinical_notes": [], "features": study.record["features_digest"],
    }  # fmt: skip
    other = analyse_study(study, only=["design"], model="forest", batch="treatment", seed=3)
    said = json.loads((other.save(tmp_path / "kept") / SUMMARIES).read_text(encoding="utf-8"))
    assert said["asked"] == {
        "model": "forest", "batch": "treatment", "seed": 3, "clinical": False,
        "clinical_notes": [], "features": study.record["features_digest"],
    }  # fmt: skip


UNPLAIN = re.compile(
    r"[−-]0 %|share −|\bnan\b|\binf\b|[(\[]-?\d[\d.]*, -?\d[\d.]*\]|\bon 0 of\b|\d{7}|called so|called other"
    r"|same thing|told from|go(es)? with|smallest possible|permutation test|_"
)
"""What no reader should have to read: half-open brackets, denied assertions, codes; tests have a table."""


@pytest.mark.slow
def test_every_finding_answers_in_a_few_plain_words(found: StudyAnalyses) -> None:
    """A headline of at most 30 words first, all of it within 120; tests stand in the table of statistics."""
    said = found.to_json()["findings"]
    assert isinstance(said, dict)
    for name, finding in found.items():
        headline, summary = finding.headline(), finding.summary()
        assert said[name]["headline"] == headline
        assert headline.endswith((".", "?")), name
        assert summary.startswith(headline), name
        assert len(headline.split()) <= 30, (name, headline)
        assert len(summary.split()) <= 120, (name, len(summary.split()))
        assert not UNPLAIN.search(summary), (name, UNPLAIN.search(summary), summary)
        assert list(finding.statistics.columns) == list(COLUMNS), name
    assert said["calls"]["headline"].startswith("Whether CNN separates ALS from control cannot")
    assert "images" not in said["calls"]["headline"]


@pytest.mark.slow
def test_plates_and_baselines(found: StudyAnalyses) -> None:
    """Every clone stands on both plates, so plate tells nothing; models stand beside both baselines."""
    plate = found["design"].table.set_index("column").loc["plate"]
    assert plate["cramers_v"] == pytest.approx(0)
    baselines = found["baselines"].table.set_index("model")
    assert list(baselines.index) == ["plate metadata", "cell count", "cnn", "forest"]
    assert baselines.loc["cnn", "lead"] > 0


@pytest.mark.slow
def test_clone_level_comes_before_image_level(found: StudyAnalyses) -> None:
    """The calls count donors, who gave two clones each, and images beside them in the table alone."""
    asked = found["calls"].statistics["question"].tolist()
    assert asked.index("CNN, all donors") < asked.index("CNN, all images")
    assert "image" not in found["calls"].summary()


def test_without_columns_it_says_what_to_add(small_study: Study) -> None:
    """A study whose platemaps know no batch, donor or passage: those analyses are named with the reason."""
    wanted = ["calls_within_batches", "donors", "batches", "mixing", "passages", "covariates", "calls"]
    one = analyse_study(small_study, only=wanted)
    assert list(one) == ["calls"]
    assert one.left_out["passages"] == "The platemaps know no passage of the wells; add it to ask this."
    assert one.left_out["covariates"] == "No clinical table was given; give one to ask this."
    assert "6 analyses not made: calls within batches (The platemaps" in one.summary()
    with pytest.raises(KeyError, match="add it to ask this"):
        one["passages"]
    assert not (small_study.results / KEPT_ANALYSES).exists()


def test_what_cannot_be_asked_is_refused(study: StudyResults) -> None:
    """An unknown name, and biomarkers without a table."""
    with pytest.raises(ArgumentError, match="No analysis 'desing'; did you mean 'design'"):
        analyse_study(study, only=["desing"])
    with pytest.raises(ArgumentError, match="Biomarkers stand in a clinical table"):
        analyse_study(study, biomarkers=["nfl"])


def test_a_clinical_file_is_read_by_donor(study: StudyResults, tmp_path: Path) -> None:
    """The donors of the platemap meet those of the file; who is not there is said."""
    path = tmp_path / "clinical.csv"
    path.write_text("donor,age_years\nD0,50\nD1,61\nD2,44\nD3,70\nD9,33\n")
    one = analyse_study(study, clinical=path, key="donor", only=["covariates"])
    assert one["covariates"].table["n"].max() == 4


def test_evidence_stands_side_by_side(study: StudyResults) -> None:
    """Features are those of the tiles, row by row, and wells are of the two classes only."""
    seen = study_evidence(study)
    assert len(seen.features) == len(seen.tiles) == 32
    again = study.features.load(seen.tiles.iloc[::-1], view=0)
    np.testing.assert_array_equal(again[::-1].astype(np.float32), seen.features)
    assert set(seen.wells["label"]) == {"ALS", "control"}
    assert len(seen.scored("cnn")) == 16


def test_a_failing_analysis_does_not_stop_the_others(
    small_study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error nobody foresaw stands with its name where the finding would, and the next one is made."""

    def broken(asked: object) -> Finding:
        raise ZeroDivisionError("a column of zeros")

    monkeypatch.setitem(ANALYSES, "power", broken)
    found = analyse_study(small_study, only=["power", "design"])
    assert list(found) == ["design"]
    assert found.left_out == {"power": "It failed: ZeroDivisionError: a column of zeros"}
    assert "power (It failed" in found.summary()
