"""Real screens as tidy wells tables: a viability screen, cell counts of a compound screen, image quality."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

COUNTS_BATCH = "2016_04_01_a549_48hr_batch1"
INHIBITORS = ("BRD-K50691590", "BRD-K60230970")
GENOTYPE_PLATES = {
    "Plate_3": "platemap_NF1_plate3",
    "Plate_3_prime": "platemap_NF1_plate3",
    "Plate_4": "platemap_NF1_plate4",
    "Plate_5": "platemap_NF1_plate5",
}


@pytest.fixture(scope="session")
def viability(shared_data: Path) -> pd.DataFrame:
    """Wells of the viability screen: plate (physical), layout, replicate, well, role, included, gene, ATP."""
    folder = shared_data / "kcviab"
    plates = pd.read_csv(folder / "Platelist.txt", sep="\t")
    parts = [
        pd.read_csv(folder / name, sep="\t", names=["plate", "well", "luminescence"]).assign(
            plate=name.removesuffix(".txt"), layout=layout, replicate=replicate
        )
        for name, layout, replicate in plates.itertuples(index=False)
    ]
    wells = pd.concat(parts, ignore_index=True)
    roles = {"A01": "other", "A02": "other", "B01": "negative_control", "B02": "positive_control"}
    log = pd.read_csv(folder / "Screenlog.txt", sep="\t", keep_default_na=False)
    flagged = pd.MultiIndex.from_frame(log[log["Flag"] == "NA"][["Plate", "Sample", "Well"]])
    genes = pd.read_csv(folder / "GeneIDs_Dm_HFA_1.1.txt", sep="\t", usecols=["Plate", "Well", "GeneID"])
    genes = genes.set_axis(["layout", "well", "gene"], axis=1)
    wells = wells.merge(genes, on=["layout", "well"], how="left", validate="m:1")
    places = pd.MultiIndex.from_frame(wells[["layout", "replicate", "well"]])
    return wells.assign(role=wells["well"].map(roles).fillna("sample"), included=~places.isin(flagged))


@pytest.fixture(scope="session")
def counts(shared_data: Path) -> pd.DataFrame:
    """Wells of the compound screen: plate, layout, date, replicate, well, role, dose, cell_count."""
    folder = shared_data / "lincs_cell_counts"
    wells = pd.read_csv(folder / "counts" / f"{COUNTS_BATCH}_cell_counts.csv.gz")
    wells.columns = pd.Index(["plate", "well", "cell_count"])
    maps = folder / "platemaps" / COUNTS_BATCH
    dates = pd.read_csv(maps / "barcode_platemap.csv").set_axis(["plate", "layout", "batch", "date"], axis=1)
    layouts = pd.concat([pd.read_csv(path, sep="\t") for path in sorted((maps / "platemap").glob("*.txt"))])
    layouts = layouts.rename(columns={"plate_map_name": "layout", "well_position": "well"})
    wells = wells.merge(dates, on="plate", validate="m:1")
    wells = wells.merge(layouts, on=["layout", "well"], how="left", validate="m:1")
    # Two proteasome inhibitors at a dose of their own stand in four strips of six wells; vehicle is dose −1.
    roles = np.select(
        [wells["broad_sample"].isna(), wells["broad_sample"].str.startswith(INHIBITORS, na=False)],
        ["negative_control", "positive_control"],
        "sample",
    )
    number = wells[["layout", "plate"]].drop_duplicates().groupby("layout").cumcount() + 1
    return wells.assign(
        role=roles,
        dose=wells["mmoles_per_liter"].round(1).fillna(-1),
        replicate=wells["plate"].map(dict(zip(wells.loc[number.index, "plate"], number, strict=True))),
    )


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
