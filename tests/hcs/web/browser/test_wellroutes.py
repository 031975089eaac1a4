"""What the browser is told of wells, by the addresses that it asks."""

import io
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pandas as pd
import pytest
from tests.hcs.web.asked import ask
from tests.hcs.web.browser.wells import EVIL, measure, study_scores, write_plate
from tests.hcs.web.looked_at import write_thirds

from hcs.heatmaps.heatmap import heatmap
from hcs.web.browser import held
from hcs.web.browser.app import browser
from hcs.web.browser.site import Site
from hcs.web.browser.sources import Asked
from hcs.web.browser.values import SiteWells
from hcs.web.browser.wellroutes import described, routes
from hcs.web.guard import Entry
from hcs.web.serving import guarded
from hcs_plates.plate import Plate

COUNTS = {"A01": (10.0, 20.0), "A02": (30.0, 50.0), "B01": (1.0, 2.0)}


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, Plate]:
    """Two plates, the first of which is measured; not to be changed."""
    folder = tmp_path_factory.mktemp("routes")
    first, second = write_plate(folder, "P1"), write_plate(folder, "P2", batch=["b1", EVIL] * 3)
    measure(first, COUNTS)
    return first, second


class Asking:
    """What a browser asks of plates; with scores, of a study that nobody ran."""

    def __init__(self, *plates: Any) -> None:
        self.site = Site(Asked(tuple(plate.path for plate in plates)))
        self.app = guarded(routes(self.site), Entry({"127.0.0.1"}))

    def get(self, address: str) -> httpx.Response:
        """Ask for something that is there."""
        answer = ask(self.app, address)
        assert answer.status_code == 200, answer.text
        return answer

    def refused(self, address: str) -> tuple[int, str]:
        """Ask for something that is not: status and sentence."""
        answer = ask(self.app, address)
        return answer.status_code, answer.json()["error"]

    def table(self, address: str) -> pd.DataFrame:
        """Ask for a table."""
        return pd.read_csv(io.StringIO(self.get(address).text))


@pytest.fixture
def asking(plates: tuple[Plate, Plate]) -> Asking:
    """Two plates without a study."""
    return Asking(*plates)


@pytest.fixture
def studied(plates: tuple[Plate, Plate], monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Two plates with a study's scores."""
    scores = study_scores(*plates)
    monkeypatch.setattr(SiteWells, "read", classmethod(lambda cls, views, study: cls.of(views, scores)))
    return Asking(*plates)


def drawn(piece: str) -> Any:
    """Read the data of a heatmap's piece."""
    found = re.search(r'<script type="application/json">(.*?)</script>', piece, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def pale(piece: str) -> dict[str, list[str]]:
    """Wells that are passed over, by plate."""
    return {plate["name"]: plate.get("dimmed", []) for plate in drawn(piece)["plates"]}


def test_the_heatmap_is_the_one_of_hcs_heatmap(asking: Asking, plates: tuple[Plate, Plate]) -> None:
    """The same wells and numbers, on one scale; without rows, pictures, files and styles in the markup."""
    piece = asking.get("/api/heatmap?value=measured.cell_count_mean&view=difference").text
    data = drawn(piece)
    expected = heatmap(list(plates[:1]), "cell_count", view="difference").table.set_index("well")
    wells = data["plates"][0]["wells"]
    assert [plate["name"] for plate in data["plates"]] == ["P1", "P2"]
    assert {well: own[2] for well, own in wells.items()} == {
        "A01": "0", "A02": "25", "A03": "–", "B01": "-13.5", "B02": "–", "B03": "–",
    }  # fmt: skip
    assert expected.loc[["A01", "A02", "B01"], "shown"].tolist() == [0.0, 25.0, -13.5]
    assert (data["units"], wells["A01"][1]) == ("fields", "2")
    assert all(not plate["rows"] and not plate["pictures"] for plate in data["plates"])
    assert "style=" not in piece
    assert "download" not in piece
    assert "Cell count − plate median: 3 of 12 wells on 2 plates shown" in piece


def test_n_counts_what_a_value_sums_up(studied: Asking, plates: tuple[Plate, Plate], tmp_path: Path) -> None:
    """Fields that count, tiles of a well; a platemap and a clone's score are no sums over a well."""
    assert [
        drawn(studied.get(f"/api/heatmap?value={key}").text)["units"]
        for key in ("platemap.clone", "clone_score.cnn")
    ] == ["", ""]
    tiles = drawn(studied.get("/api/heatmap?value=well_right.cnn").text)
    assert (tiles["units"], tiles["plates"][1]["wells"]["A01"][1]) == ("tiles", "2")
    plate = write_plate(tmp_path)
    place = measure(plate, COUNTS)
    fields = pd.read_parquet(place / "fields.parquet")
    fields["included"] = (fields["well"] == "A01") | ((fields["well"] == "B01") & (fields["field"] == 2))
    fields.to_parquet(place / "fields.parquet", index=False)
    wells = drawn(Asking(plate).get("/api/heatmap?value=measured.cell_count_mean").text)["plates"][0]["wells"]
    assert [wells[well][1] for well in ("A01", "B01")] == ["2", "1"]
    # None of its fields counts.
    assert wells["A02"][2] == "–"


def test_what_a_study_leaves_out_keeps_its_own_values(
    plates: tuple[Plate, Plate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not hatched as a well that the platemap leaves out is: only its scores are missing."""
    scores = study_scores(*plates, left_out={"P1/A01": "does not meet where"})
    monkeypatch.setattr(SiteWells, "read", classmethod(lambda cls, views, study: cls.of(views, scores)))
    asking = Asking(*plates)
    wells = drawn(asking.get("/api/heatmap?value=measured.cell_count_mean").text)["plates"][0]["wells"]
    assert (wells["A01"][2], wells["B02"][2]) == ("15", "–")
    assert asking.get("/api/well/0/A01").json()["left_out"] == "does not meet where"
    assert "B02" not in pale(asking.get("/api/heatmap?f.included=left out").text)["P1"]


def test_wells_that_do_not_meet_the_filters_are_pale(asking: Asking) -> None:
    """And counted; all filters have to be met."""
    piece = asking.get("/api/heatmap?f.diagnosis=ALS").text
    assert pale(piece) == {"P1": ["A02", "B02", "B03"], "P2": ["A02", "B02", "B03"]}
    assert '<p class="counts" role="status">6 of 12 wells</p>' in piece
    assert "1 of 12 wells" in asking.get("/api/heatmap?f.clone=c3&f.plate=1").text
    assert '<p class="counts" role="status">12 wells</p>' in asking.get("/api/heatmap").text
    assert pale(asking.get("/api/heatmap?f.included=left out").text)["P1"] == [
        "A01",
        "A02",
        "A03",
        "B01",
        "B03",
    ]


def test_what_wells_can_be_chosen_by(plates: tuple[Plate, Plate], tmp_path: Path) -> None:
    """Clone, diagnosis and batches at once, other columns further down; a single value is no choice."""
    many = write_plate(
        tmp_path, "P5", date=["d1"] * 6, lot=[1.5, 1.5, 2, 2, None, 10], fed=[True, False] * 3, called="x"
    )
    told = [
        (one["key"], one["further"], [text for _, text in one["choices"]])
        for one in described(Asking(plates[1], many).site)["filters"]
    ]
    assert told == [
        ("clone", False, ["c1", "c2", "c3"]),
        ("diagnosis", False, ["ALS", "control"]),
        ("batch", False, [EVIL, "b1"]),
        ("plate", False, ["P2", "P5"]),
        ("included", False, ["yes", "left out"]),
        ("lot", True, ["1.5", "2.0", "10.0"]),
        ("fed", True, ["no", "yes"]),
    ]
    assert "2 of 12 wells" in Asking(plates[1], many).get("/api/heatmap?f.lot=1.5").text
    assert "3 of 12 wells" in Asking(plates[1], many).get("/api/heatmap?f.fed=True").text


def test_filters_say_by_which_level_wells_were_called_wrong(studied: Asking) -> None:
    """Of clones and of wells, by the study's first model."""
    told = {one["key"]: one for one in described(studied.site)["filters"]}
    assert told["called"]["title"] == "called by CNN"
    assert [list(pair) for pair in told["called"]["choices"][:2]] == [
        ["clone-wrong", "clone called wrong"],
        ["well-wrong", "well called wrong"],
    ]
    both = ["A02", "A03"]
    for choice, wrong in (("clone-wrong", both), ("well-wrong", ["A03"])):
        table = studied.table(f"/api/wells.csv?f.called={choice}")
        assert table[["plate", "well"]].to_numpy().tolist() == [
            [plate, well] for plate in ("P1", "P2") for well in wrong
        ]


def test_the_table_of_wells_is_what_is_shown(asking: Asking) -> None:
    """The shown value first, in every row that meets the filters; differences are named so."""
    table = asking.table("/api/wells.csv?value=measured.cell_count_mean&f.clone=c1")
    assert list(table)[:3] == ["plate", "well", "cell_count_mean"]
    assert table["well"].tolist() == ["A01", "B01"] * 2
    assert table["cell_count_mean"].tolist()[:2] == [15.0, 1.5]
    away = asking.table("/api/wells.csv?value=measured.cell_count_mean&view=difference")
    assert away["cell_count_mean_minus_plate_median"].tolist()[:2] == [0.0, 25.0]
    assert list(away)[:3] == ["plate", "well", "cell_count_mean_minus_plate_median"]


def test_a_well_tells_its_row_and_its_fields(studied: Asking) -> None:
    """The platemap, numbers in groups, fields of each source, and what the study says of its clone."""
    told = studied.get("/api/well/0/A02").json()
    assert told["map"] == [["clone", "c2"], ["diagnosis", "control"]]
    assert told["study"] == (
        "diagnosis control: clone c2 called ALS, wrong (score 0.70); this well called control, right "
        "(score 0.40)."
    )
    measured, scored = told["tables"]
    assert measured["columns"] == ["field", "cell count", "included", "reason"]
    assert [row[:3] for row in measured["rows"]] == [["1", "30", "yes"], ["2", "50", "yes"]]
    assert scored["rows"] == [["1", "0.405", "0.105"], ["2", "0.405", "0.105"]]
    numbers = dict(told["groups"])
    assert ["cell count", "40"] in numbers["Measured by hcs measure: mean of fields"]
    assert studied.get("/api/well/0/B02").json()["left_out"] == "not included (platemap)"
    assert told["told"] == []
    saved = studied.table("/api/well/0/A02.csv")
    assert saved[saved["what"] == "cell_count"][["field", "value"]].astype(float).to_numpy().tolist() == [
        [1, 30],
        [2, 50],
    ]


def test_names_of_platemaps_are_text(asking: Asking) -> None:
    """Markup in a platemap is escaped in the piece, and a formula in a table does not run."""
    piece = asking.get("/api/heatmap?value=platemap.batch").text
    assert EVIL not in piece
    assert "&lt;img src=x onerror=alert(1)&gt;" in piece
    assert asking.table("/api/wells.csv?f.plate=1")["batch"].tolist() == ["b1", EVIL] * 3


def test_the_next_clone_called_wrong(studied: Asking) -> None:
    """In plate and well order, with its call, its score and which of its wells it is; then anew, and back."""
    at, met = ("", ""), []
    for _ in range(5):
        found = studied.get(f"/api/next?plate={at[0]}&well={at[1]}").json()
        at = found["plate"], found["well"]
        met.append(at)
    assert met == [("0", "A02"), ("0", "A03"), ("1", "A02"), ("1", "A03"), ("0", "A02")]
    found = studied.get("/api/next?plate=1&well=A01").json()
    assert found["said"] == "clone c2, called ALS (score 0.70), well 2 of 2"
    assert (found["place"], found["of"]) == (3, 4)
    back = studied.get("/api/next?plate=1&well=A01&step=-1").json()
    assert (back["plate"], back["well"]) == ("0", "A03")
    # Filters are met too, and a well that is not among them is gone on from.
    only = studied.get("/api/next?plate=0&well=B01&f.diagnosis=control&f.plate=0").json()
    assert (only["well"], only["of"]) == ("A02", 1)
    none = studied.get("/api/next?f.clone=c1").json()
    assert (none["plate"], none["said"]) == (None, "No clone called wrong meets the filters.")


def test_without_a_study_nothing_was_called_wrong(asking: Asking) -> None:
    """Which is said, and the page is told to offer no such step."""
    status, said = asking.refused("/api/next")
    assert (status, "No study is shown" in said) == (404, True)
    assert described(asking.site)["wrong"] is False


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/api/heatmap?value=clone", 400, "did you mean 'platemap.clone'"),
        ("/api/heatmap?view=other", 400, "No view 'other'"),
        ("/api/heatmap?value=platemap.clone&view=difference", 400, "a category"),
        ("/api/heatmap?f.clone=c7", 400, "No well has clone 'c7'"),
        ("/api/wells.csv?f.colour=red", 400, "Wells cannot be chosen by 'colour'"),
        ("/api/wells.csv?value=clone", 400, "did you mean 'platemap.clone'"),
        ("/api/well/0/D06", 400, "outside a 6-well plate"),
        ("/api/well/0/D06.csv", 404, "Plate P1 has no well D06 in its table"),
        ("/api/well/x/A01", 404, "There is no plate 'x'"),
        ("/api/next?step=3", 400, "A step is 1 or -1"),
    ],
)
def test_what_cannot_be_is_refused(asking: Asking, address: str, status: int, said: str) -> None:
    """In one sentence."""
    found = asking.refused(address)
    assert found[0] == status
    assert said in found[1]


def test_what_is_measured_meanwhile_is_there_at_the_next_look(tmp_path: Path) -> None:
    """Nothing is read twice before that."""
    plate = write_plate(tmp_path)
    asking = Asking(plate)
    assert "Nothing measured is shown" in described(asking.site)["told"][0]
    first = held.held_wells(asking.site)
    assert held.held_wells(asking.site) is first
    measure(plate, COUNTS)
    told = described(asking.site)
    assert "Nothing measured" not in "".join(told["told"])
    assert "measured.cell_count_mean" in [value["key"] for value in told["values"]]


def test_plates_of_others_have_wells_and_fields_alone(tmp_path: Path, plates: tuple[Plate, Plate]) -> None:
    """No platemap, no measurements; they stand beside plates of hcs on one page."""
    write_thirds(tmp_path / "thirds.ome.zarr")
    asking = Asking(SimpleNamespace(path=tmp_path / "thirds.ome.zarr"))
    told = described(asking.site)
    assert [value["key"] for value in told["values"]] == ["well.fields"]
    assert (told["filters"], told["wrong"]) == ([], False)
    said = [one.partition(":")[0] for one in told["told"]]
    assert said == ["Nothing measured is shown", "No study is shown"]
    assert drawn(asking.get("/api/heatmap").text)["plates"][0]["wells"]["A01"][0] == "1"
    well = asking.get("/api/well/0/A01").json()
    assert (well["map"], well["tables"], well["told"]) == ([], [], [])
    both = Asking(plates[0], SimpleNamespace(path=tmp_path / "thirds.ome.zarr"))
    wells = drawn(both.get("/api/heatmap?value=platemap.clone").text)["plates"]
    assert (wells[0]["wells"]["A01"][0], wells[1]["wells"]["A01"][0]) == ("c1", "–")


def test_plates_of_one_name_are_told_apart(tmp_path: Path, plates: tuple[Plate, Plate]) -> None:
    """By the same names in the list of plates and where wells are chosen by plate."""
    shutil.copytree(plates[0].path, tmp_path / "P1.ome.zarr")
    asking = Asking(plates[0], SimpleNamespace(path=tmp_path / "P1.ome.zarr"))
    told = ask(browser(asking.site, Entry({"127.0.0.1"})), "/api/plates").json()
    names = [one["name"] for one in told["plates"]]
    assert names == ["P1", "P1 (2)"]
    (choices,) = [one["choices"] for one in told["filters"] if one["key"] == "plate"]
    assert [name for _, name in choices] == names


def test_wells_that_lack_something_say_so(tmp_path: Path) -> None:
    """One that is not in the plate's table, and one that was never imaged: no refusal, a sentence."""
    plate = write_plate(tmp_path, unmapped="B03", bare="B01")
    asking = Asking(plate)
    assert asking.get("/api/well/0/B01").json()["told"] == ["Well B01 of plate P1 has no images."]
    unknown = asking.get("/api/well/0/B03").json()
    assert (unknown["known"], unknown["told"][0]) == (
        False,
        "Plate P1 has no well B03 in its table of wells.",
    )
