"""Heatmaps of real screens: wells picked by hand, flagged wells, edges, and 136 plates each at its place."""

import itertools
import re
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import colormaps

import hcs
from hcs.heatmaps.heatmap import heatmap
from hcs_plates import Export
from hcs_plates.wells import FORMATS, parse_well

pytestmark = pytest.mark.shared


def raw(folder: Path, plate: str) -> dict[str, float]:
    """A plate of the viability screen as its file has it."""
    lines = (folder / "kcviab" / f"{plate}.txt").read_text().splitlines()
    return {well: float(value) for _, well, value in (line.split("\t") for line in lines)}


def rim(wells: pd.Series) -> pd.Series:
    """Whether 384-well plates' wells stand in the outermost rows or columns."""
    return wells.str[0].isin(["A", "P"]) | wells.str[1:].isin(["01", "24"])


@pytest.fixture(scope="module")
def shown(viability: pd.DataFrame) -> hcs.WellHeatmap:
    """The viability screen, less each plate's median."""
    return heatmap(viability, "luminescence", view="difference")


def test_wells_by_hand(viability: pd.DataFrame, shared_data: Path) -> None:
    """Three wells of three plates as they stand in the screen's own files, at their row and column."""
    assert raw(shared_data, "FT01-G01")["A01"] == 887763
    few = viability[viability["plate"].isin(["FT01-G01", "FT30-G02", "FT57-G02"])]
    found = heatmap(few, "luminescence")
    grids = found.grids()
    *axes, _ = found.plot()
    for axis, plate in zip(axes, ("FT01-G01", "FT30-G02", "FT57-G02"), strict=True):
        own = raw(shared_data, plate)
        assert grids[plate].to_dict() == pytest.approx(own, nan_ok=True)
        drawn = next(one for one in axis.collections if one.get_gid() == "wells")
        corners = [np.asarray(path.vertices, dtype=float).min(axis=0) for path in drawn.get_paths()]
        colours = dict(
            zip([(round(y + 0.5), round(x + 0.5)) for x, y in corners], drawn.get_facecolor(), strict=True)
        )
        limits = found.spec().limits
        assert limits is not None
        for well in ("A01", "H13", "P24"):
            place = parse_well(well)
            part = np.clip((own[well] - limits[0]) / (limits[1] - limits[0]), 0, 1)
            # No two colours of cividis are alike: the place on the scale is read back from the colour.
            scale = colormaps["cividis"](np.linspace(0, 1, 256))
            read = np.abs(scale - colours[place.row, place.column]).sum(axis=1).argmin() / 255
            assert read == pytest.approx(part, abs=0.01), (plate, well)


def test_flagged_wells_are_hatched(viability: pd.DataFrame, shown: hcs.WellHeatmap) -> None:
    """The 48 wells that the screen's log flags have their value in the table, and no colour anywhere."""
    flagged = viability[~viability["included"]]
    assert len(flagged) == 48
    table = shown.table.set_index(["plate", "well"])
    missing = table.index[table["shown"].isna()]
    assert set(missing) == set(zip(flagged["plate"], flagged["well"], strict=True))
    assert table.loc[missing, "value"].tolist() == pytest.approx(
        flagged.set_index(["plate", "well"]).loc[missing, "luminescence"].tolist()
    )
    assert "48 wells are left out (included is false)." in shown.summary()
    one = heatmap(viability[viability["plate"] == "FT06-G01"], "luminescence")
    axis, _ = one.plot()
    drawn = next(found for found in axis.collections if found.get_gid() == "wells")
    assert len(drawn.get_paths()) == 384 - len(flagged[flagged["plate"] == "FT06-G01"])


def test_differences_by_pandas(viability: pd.DataFrame, shown: hcs.WellHeatmap) -> None:
    """Values less the median of the plate's included wells; the median of every plate is then 0."""
    used = viability[viability["included"]].set_index(["plate", "well"])["luminescence"].astype(float)
    expected = used - used.groupby("plate").transform("median")
    got = shown.table.set_index(["plate", "well"])["shown"].dropna()
    pd.testing.assert_series_equal(got.sort_index(), expected.sort_index(), check_names=False)
    assert shown.table.groupby("plate")["shown"].median().abs().max() < 1e-6
    assert len(shown.formats) == 114


def test_edges_are_seen_in_the_numbers(shown: hcs.WellHeatmap, counts: pd.DataFrame) -> None:
    """Cells at the rim gave more light in one screen; in the other there were fewer of them."""
    for found, sign in ((shown, 1), (heatmap(counts, "cell_count", view="difference"), -1)):
        outer = rim(found.table["well"])
        by_plate = found.table.groupby(["plate", outer])["shown"].median().unstack()
        edge = (by_plate[True] - by_plate[False]) * sign
        assert edge.median() > 0, sign
        assert (edge > 0).mean() > 0.6, sign


@pytest.fixture(scope="module")
def many(counts: pd.DataFrame) -> hcs.WellHeatmap:
    """The compound screen's 136 plates."""
    return heatmap(counts, "cell_count")


@pytest.mark.slow
def test_136_plates_stand_apart(counts: pd.DataFrame, many: hcs.WellHeatmap) -> None:
    """Every plate is drawn once, with all of its wells, at a place of its own inside the figure."""
    *axes, _ = many.plot()
    assert len(axes) == 136
    assert sorted(axis.get_title(loc="left") for axis in axes) == sorted(counts["plate"].unique())
    sizes = counts.groupby("plate").size()
    for axis in axes:
        wells = next(one for one in axis.collections if one.get_gid() == "wells")
        assert len(wells.get_paths()) == sizes[axis.get_title(loc="left")]
    boxes = [axis.get_position() for axis in axes]
    assert all(0 < box.x0 < box.x1 < 1 and 0 < box.y0 < box.y1 < 1 for box in boxes)
    for one, other in itertools.combinations(boxes, 2):
        assert one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0


@pytest.mark.slow
def test_136_plates_on_one_page(counts: pd.DataFrame, many: hcs.WellHeatmap, tmp_path: Path) -> None:
    """Each is there with all wells of its table; the one well that the screen lost is told of."""
    assert many.summary().endswith("1 well of the plates is not in the table. Such wells are hatched.")
    text = many.save(tmp_path / "counts.html").read_text(encoding="utf-8")
    drawn = re.findall(r'<svg class="plate".*?</svg>', text, re.DOTALL)
    assert len(drawn) == 136
    assert sum(one.count("h1v1h-1z") for one in drawn) == len(counts)
    assert len(text.encode()) < 8_000_000


def test_replicates_of_a_layout_look_alike(viability: pd.DataFrame) -> None:
    """The two runs of a layout correlate in their grids, which two layouts do not."""
    few = viability[viability["layout"].isin([1, 2]) & ~rim(viability["well"])]
    grids = heatmap(few, "luminescence", view="difference").grids()
    alike = grids.corr(method="spearman")
    assert alike.loc["FT01-G01", "FT01-G02"] > 0.5
    assert alike.loc["FT01-G01", "FT01-G02"] > alike.loc["FT01-G01", "FT02-G02"] + 0.2


def test_roles_as_categories(viability: pd.DataFrame) -> None:
    """Controls stand where the screen has them, on every plate."""
    found = heatmap(viability[viability["layout"] <= 3], "role")
    grids = found.grids()
    assert (grids.loc["B01"] == "negative_control").all()
    assert (grids.loc["B02"] == "positive_control").all()
    assert (grids == "sample").sum().tolist() == [380] * 6


def test_a_real_plate_with_its_pictures(shared_data: Path, tmp_path: Path) -> None:
    """Two rows of BBBC013: doses as the platemap says, and every well shows its field."""
    with tarfile.open(shared_data / "bbbc013" / "ExampleSBSImages.tar.xz") as archive:
        # The first 24 pictures, so that the rest need not be unpacked.
        first = itertools.islice((one for one in archive if one.name.endswith(".tif")), 24)
        for picture in first:
            archive.extract(picture, tmp_path, filter="data")
    export = Export(
        tmp_path / "ExampleSBSImages",
        pattern="Channel{channel}-{n}-{row}-{column}.tif",
        channels={"1": "GFP"},
        name="BBBC013",
    )
    lines = (shared_data / "bbbc013" / "platemap.csv").read_text().splitlines()
    platemap = tmp_path / "platemap.csv"
    platemap.write_text("\n".join(line for line in lines if re.match("well|[AB][0-9]", line)))
    plate = hcs.ingest(export, tmp_path / "BBBC013.ome.zarr", platemap)
    found = heatmap(plate, "dose")
    assert found.formats == {"BBBC013": FORMATS[96]}
    own = pd.read_csv(platemap).set_index("well")["dose"]
    assert len(own) == 24
    table = found.table.set_index("well")
    assert table["value"].to_dict() == pytest.approx(own.to_dict(), nan_ok=True)
    assert (table["n"] == 1).all()
    text = found.save(tmp_path / "dose.html", channel="GFP").read_text(encoding="utf-8")
    assert text.count("data:image/webp") == 24
    assert "Pictures show GFP" in text
