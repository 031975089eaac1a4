"""Image quality of real plates as a tidy table of fields."""

from pathlib import Path

import pandas as pd
import pytest

GENOTYPE_PLATES = {
    "Plate_3": "platemap_NF1_plate3",
    "Plate_3_prime": "platemap_NF1_plate3",
    "Plate_4": "platemap_NF1_plate4",
    "Plate_5": "platemap_NF1_plate5",
}


@pytest.fixture(scope="session")
def fields(shared_data: Path) -> pd.DataFrame:
    """Fields of four Schwann cell plates: plate, well, field, genotype, seed_density, siRNA, 28 features."""
    folder = shared_data / "nf1_schwann"
    parts = []
    for plate, layout in GENOTYPE_PLATES.items():
        images = pd.read_csv(folder / "qc" / f"{plate}_Image.csv.gz")
        named = images["FileName_OrigDAPI"].str.extract(r"^([A-H]\d+)_\d+_\d+_(\d+)_")
        quality = images.filter(regex="^ImageQuality_").rename(columns=_short_name)
        wells = pd.read_csv(
            folder / "platemaps" / f"{layout}.csv", encoding="utf-8-sig", keep_default_na=False
        ).rename(columns={"well_position": "well"})
        taken = [name for name in ("well", "genotype", "seed_density", "siRNA") if name in wells]
        own = quality.assign(plate=plate, well=named[0], field=named[1].astype(int))
        parts.append(own.merge(wells[taken], on="well", validate="m:1"))
    return pd.concat(parts, ignore_index=True).assign(siRNA=lambda rows: rows["siRNA"].fillna("None"))


def _short_name(column: str) -> str:
    """`ImageQuality_FocusScore_OrigDAPI` as `FocusScore_DAPI`."""
    _, kind, channel, *_ = column.split("_")
    return f"{kind}_{channel.removeprefix('Orig')}"
