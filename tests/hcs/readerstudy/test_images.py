"""Which images of a study can be judged."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from hcs.readerstudy.images import FIELDS, Images
from hcs.study.folder import StudyResults
from hcs_plates.errors import ArgumentError


def changed(study: StudyResults, wells: Callable[[pd.DataFrame], pd.DataFrame], **more: Any) -> Any:
    """Give a study whose wells are others."""
    facts = {"config": study.config, "tiles": study.tiles, "record": study.record, "results": study.results}
    return SimpleNamespace(**(facts | {"table": lambda _: wells(study.table("wells"))} | more))


def test_every_tile_of_the_two_classes(coded_study: StudyResults) -> None:
    """All tiles of included wells are listed, each once, with its clone and label."""
    images = Images.of(coded_study)
    assert images.table["row"].tolist() == list(range(128))
    assert images.table["label"].value_counts().to_dict() == {"ALS": 64, "control": 64}
    assert images.table["group"].nunique() == 16
    assert images.noun == "clone"
    assert not images.cautions


def test_wells_of_neither_class(coded_study: StudyResults) -> None:
    """Wells that are only scored, or are no clone's, are no part of it."""

    def without(wells: pd.DataFrame) -> pd.DataFrame:
        positive = wells["positive"].astype("boolean").mask(wells["clone"] == "line-K00")
        return wells.assign(positive=positive, group=wells["group"].mask(wells["clone"] == "line-K01"))

    images = Images.of(changed(coded_study, without))
    assert set(images.table["group"]) == {f"line-K{number:02d}" for number in range(2, 16)}


def test_groups_of_both_labels(coded_study: StudyResults) -> None:
    """A group with both labels is left out, and told; a class that has no image left is refused."""
    images = Images.of(changed(coded_study, lambda wells: wells.replace({"group": {"line-K01": "line-K00"}})))
    assert "line-K00" not in set(images.table["group"])
    assert images.cautions == ("1 clone of both labels is left out.",)
    with pytest.raises(ArgumentError, match="no image of ALS"):
        Images.of(changed(coded_study, lambda wells: wells[wells["label"] == "control"]))


def test_copies(coded_study: StudyResults) -> None:
    """An image with the pixels of another is there once, so that none is shown in training and tested."""
    tiles = coded_study.tiles
    tiles.index.loc[5, "digest"] = tiles.index.loc[70, "digest"]
    images = Images.of(changed(coded_study, lambda wells: wells, tiles=tiles))
    assert len(images.table) == 127
    assert images.cautions == ("1 image with the pixels of another left out.",)


UNITS = [
    (lambda wells: wells.assign(donor=wells["donor"].str.replace("Q02", "Q00")), "donor-Q00"),
    (lambda wells: wells.assign(donor=wells["donor"].str.replace("Q01", "Q00")), "line-K00"),
    (lambda wells: wells.assign(donor=wells["donor"].mask(wells["donor"] == "donor-Q05")), "line-K00"),
    (lambda wells: wells.drop(columns=["donor", "differentiation_batch"]), "line-K00"),
]


@pytest.mark.parametrize(("wells", "unit"), UNITS)
def test_who_is_independent(
    coded_study: StudyResults, wells: Callable[[pd.DataFrame], pd.DataFrame], unit: str
) -> None:
    """Donors, where all are known and none has both labels (isogenic pairs); else clones."""
    images = Images.of(changed(coded_study, wells))
    assert images.table.loc[images.table["group"] == "line-K00", "unit"].unique().tolist() == [unit]


def test_size_of_a_pixel(coded_study: StudyResults) -> None:
    """The side of a pixel is told where all plates have the same, and never where one differs."""

    def with_sizes(*sizes: float | None) -> Any:
        record = coded_study.record
        for plate, size in zip(record["plates"].values(), sizes, strict=True):
            plate["pixel_size_um"] = None if size is None else [size, size]
            plate["plane"] = [64, 64]
        return changed(coded_study, lambda wells: wells, record=record)

    assert Images.of(with_sizes(0.65, 0.65)).pixel_um == pytest.approx(1.3)
    assert Images.of(with_sizes(0.65, 0.325)).pixel_um is None
    assert Images.of(with_sizes(0.65, None)).pixel_um is None


def test_fields_of_several_sizes(coded_study: StudyResults, tmp_path: Path) -> None:
    """Whole fields of several sizes would tell plates apart, and are refused with the sizes."""

    def plate(name: str) -> Any:
        side = 32 if name.endswith("0") else 48
        return SimpleNamespace(spec=SimpleNamespace(field_shapes={(side, side)}))

    with pytest.raises(ArgumentError, match="32 × 32, 48 × 48"):
        Images.of(changed(coded_study, lambda wells: wells, plate=plate), FIELDS)
