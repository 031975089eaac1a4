"""What was measured, laid over its field: just what the stored numbers are of, or it is said what is not."""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from tests.hcs.measure.conftest import WELLS, write_measurable
from tests.hcs.web.browser.overlays.conftest import ask, overlays, site_of

from hcs.measure.fields import MeasureSpec, measure_field
from hcs.measure.measured import RECORD, Measurements
from hcs.measure.measurements import measure_plate, planes
from hcs.web.browser.overlays.overlay import Shown
from hcs.web.browser.overlays.registry import OVERLAYS
from hcs.web.browser.site import Site
from hcs_plates.plate import Plate

NAMES = ("nuclei", "somas", "neurites")


@pytest.fixture
def copied(measured: Measurements, tmp_path: Path) -> Path:
    """A copy of the plate and its measurements; the plate's path."""
    for name in ("P1.ome.zarr", measured.path.name):
        shutil.copytree(measured.path.with_name(name), tmp_path / name)
    return tmp_path / "P1.ome.zarr"


def test_it_is_offered_without_measuring(measured_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field's list tells the channels and that the field counts; nothing is measured for it."""
    monkeypatch.setattr("hcs.web.browser.overlays.measured.measure_again", None)
    found = overlays(measured_site, "A01")
    for name in NAMES:
        assert (found[name]["kind"], found[name]["why"], found[name]["time"]) == ("outlines", "", 0)
        channel = "DAPI" if name == "nuclei" else "FITC"
        assert found[name]["said"] == (f"In {channel}, measured by `hcs measure`.", "The field is included.")
    assert found["nuclei"]["key"]["entries"][0][0] == "#56B4E9"


def test_outlines_are_those_of_the_labels(measured_site: Site, small_plate: Plate) -> None:
    """Filled in again the polygons that are sent cover the pixels that measuring labels, and no others."""
    spec = MeasureSpec("FITC", "DAPI")
    light = measured_light(measured_site)
    truth = measure_field(planes(small_plate["A01"][1], spec.channels), 0.65, spec, light)
    answers = ask(measured_site, *(f"0/A01/1/{name}" for name in NAMES))
    assert [answer.status_code for answer in answers] == [200] * 3
    for answer, labels in zip(answers, (truth.nuclei, truth.somas), strict=False):
        assert labels is not None
        picture = np.zeros(labels.shape, np.uint8)
        for shape in answer.json()["shapes"]:
            cv2.fillPoly(picture, [(np.array(shape["points"]) - 0.5).astype(np.int32)], 1)
        np.testing.assert_array_equal(picture > 0, labels > 0)
    told = answers[0].json()
    assert told["agrees"] is True
    assert told["said"][1] == "Measured again just now: the numbers are those of the stored table."
    count = int(truth.values["cell_count"])
    assert f" {count} of them with their centre in the field" in told["said"][0]
    length = f"{truth.values['neurite_length_um']:,.0f} µm of neurite"
    assert answers[2].json()["said"][0].startswith(length)


def measured_light(site: Site) -> dict[str, Any]:
    """Illumination of the plate's measurements."""
    return Measurements.read(site.opened(0).view.path.with_name("P1.measurements")).illumination()


def test_numbers_that_differ_are_told(copied: Path) -> None:
    """Another count in the table than is found: the outlines are not passed off as what was counted."""
    folder = copied.with_name("P1.measurements")
    fields = pd.read_parquet(folder / "fields.parquet")
    fields.loc[(fields["well"] == "A01") & (fields["field"] == 1), "cell_count"] += 3
    fields.to_parquet(folder / "fields.parquet", index=False)
    record = json.loads((folder / RECORD).read_text())
    record["hcs"] = "0.0.1"
    del record["files"]["fields"]
    (folder / RECORD).write_text(json.dumps(record))
    first, second = ask(site_of(copied), "0/A01/1/nuclei", "0/A01/2/nuclei")
    told = first.json()
    assert told["agrees"] is False
    assert told["said"][1].startswith("These are not the outlines that were counted: cell_count is ")
    assert "Measured by hcs 0.0.1, drawn by hcs " in told["said"][1]
    assert second.json()["agrees"] is True


def test_why_there_is_none(copied: Path, measured_site: Site) -> None:
    """Not measured, another plate than was measured, a field that was left out, one that does not count."""
    whys = {well: overlays(measured_site, well, key)["somas"] for well, key in (("A04", "1"), ("A02", "2"))}
    assert whys["A04"]["why"].startswith("Not measured: ")
    assert whys["A02"]["why"] == ""
    assert whys["A02"]["said"][1].startswith("The field is left out: ")
    missing = overlays(measured_site, "A03", "2")["nuclei"]["why"]
    assert missing == "Not measured: file gone."
    folder = copied.with_name("P1.measurements")
    record = json.loads((folder / RECORD).read_text())
    (folder / RECORD).write_text(json.dumps(record | {"recipe": "another"}))
    assert "was measured when plate P1 had" in overlays(site_of(copied), "A01")["nuclei"]["why"]
    shutil.rmtree(folder)
    site = site_of(copied)
    assert overlays(site, "A01")["nuclei"]["why"] == f"Not measured; `hcs measure {copied}` does it."
    (refused,) = ask(site, "0/A01/1/nuclei")
    assert (refused.status_code, refused.json()["error"][:13]) == (400, "Not measured;")


def test_plates_of_others_have_none() -> None:
    """Every overlay says so, whatever their fields are called."""
    shown = Shown(None, "B03", "field-a")
    whys = {offer.why for overlay in OVERLAYS for offer in overlay.offers(shown)}
    assert whys == {"Only plates of hcs have this; `hcs ingest` makes one of an export."}


def test_a_film_has_outlines_of_one_time_point(tmp_path: Path) -> None:
    """The one that was measured; another is refused in words, and so is a kind that was not looked for."""
    plate = write_measurable(
        tmp_path,
        wells=WELLS.iloc[:1],
        missing={},
        n_times=2,
        pixels=lambda well, number: np.random.default_rng(number).integers(90, 110, (2, 2, 256, 256), "u2"),
    )
    measure_plate(plate, MeasureSpec("FITC", None, time=1), workers=1)
    site = site_of(plate.path)
    assert overlays(site, "A01")["nuclei"]["why"] == "Not measured: no channel of nuclei was named."
    first, second = ask(site, "0/A01/1/somas?t=0", "0/A01/1/somas?t=1")
    assert first.status_code == 400
    assert "only time point 1 was looked at, this is 0" in first.json()["error"]
    assert second.status_code == 200


def test_addresses_that_are_none(measured_site: Site) -> None:
    """No such plate, well, field or overlay: a sentence with status 404 or 400, and no fault."""
    asked = ["7/A01/1/nuclei", "0/H12/1/nuclei", "0/A01/9/nuclei", "0/A01/1/nucleus", "x/A01/1/nuclei"]
    answers = ask(measured_site, *asked, "0/A01/1/nuclei?t=-1")
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 400, 400]
    assert "did you mean 'nuclei'?" in answers[3].json()["error"]
    assert all(set(answer.json()) == {"error"} for answer in answers)


def test_long_lists_are_packed(measured_site: Site) -> None:
    """For who takes them so; for others they are the same, unpacked."""
    packed, plain = (
        ask(measured_site, "0/A01/1/neurites", headers={"accept-encoding": how})[0]
        for how in ("gzip", "identity")
    )
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
