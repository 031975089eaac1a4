"""Real screens as tidy wells tables: a viability screen, and cell counts of a compound screen."""

from pathlib import Path

import numpy as np
import pandas as pd

COUNTS_BATCH = "2016_04_01_a549_48hr_batch1"
INHIBITORS = ("BRD-K50691590", "BRD-K60230970")


def read_viability(folder: Path) -> pd.DataFrame:
    """Wells of the viability screen: plate (physical), layout, replicate, well, role, included, gene, ATP."""
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


def read_counts(folder: Path) -> pd.DataFrame:
    """Wells of the compound screen: plate, layout, date, replicate, well, role, dose, cell_count."""
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
