"""The reference study's design on simulated clones: what it finds, and what it finds when there is nothing.

    python examples/reproduce_study.py OUT                # 9 images a clone, about half an hour on 2 cores
    python examples/reproduce_study.py OUT --fields 75    # the study's 225 images a clone: hours

Imamura et al. (Ann Neurol 2021;89:1226): 15 control and 15 ALS clones, 55 sets of 10 training, 3 validation
and 2 test clones per class, VGG-16 whose new layers alone learn, learning rate and momentum searched. Three
experiments, each of three plates of 48 wells with clone, batch, plate and position effects:

texture   ALS acts on the neurites' texture only, so a forest on cell count, soma size and neurite length has
          nothing to see (neither as measured nor as drawn, without measuring error), and the network has.
null      No effect at all: over permutations of the clones' labels the AUC must lie around one half.
confounded  No effect, but every ALS clone comes from one batch and every control from another: the AUC is
          high all the same, and the design check says why it means nothing.
"""

import argparse
from pathlib import Path

import pandas as pd

import hcs
from hcs.findings.permuted import permute_labels
from hcs_models import ForestClassifier, score_sets
from hcs_plates.simulate import DiseaseEffect, ExperimentSpec, FieldSpec, RandomEffects, simulate_export

MEASUREMENTS = ["cells", "soma_area_um2", "neurite_um"]

STUDY = """
[data]
plates = [{plates}]
images_per_clone = {images}
[model]
features_at = ["block4"]  # where the packaged weights see texture best; imagenet's at block5
[splits]
n_sets = {n_sets}
[train]
views = {views}
[tuning]
sampler = "{sampler}"
trials = {trials}
"""


def simulate(
    out: Path,
    name: str,
    fields: int,
    side: int,
    *,
    disease: DiseaseEffect | None = None,
    batch: float = 0.1,
    tied: bool = False,
) -> Path:
    """Simulate 30 clones on plates of 48 wells and ingest them; the experiment's folder."""
    spec = ExperimentSpec(
        name=name,
        plates=3,
        batches=2 if tied else 3,
        clones_per_class=15,
        wells_per_clone=1,
        fields_per_well=fields,
        wells=48,
        field=FieldSpec(height=side, width=side),
        disease=disease or DiseaseEffect(),
        random=RandomEffects(clone=0.1, batch=batch, plate=0.05, position=0.05),
        batch_by_label=1.0 if tied else 0.0,
        seed=2021,
    )
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "export").is_dir():
        simulate_export(folder / "export", spec)
    for plate in spec.plate_names():
        if not (folder / f"{plate}.ome.zarr").is_dir():
            export = folder / "export" / plate
            hcs.ingest(export, folder / f"{plate}.ome.zarr", export / "platemap.csv")
    return folder


def run(
    folder: Path, images: int, *, n_sets: int, views: int, sampler: str = "none", trials: int = 1
) -> hcs.Study:
    """Write the experiment's study file, run it, and write its report."""
    plates = ", ".join(f'"{path.name}"' for path in sorted(folder.glob("*.ome.zarr")))
    file = folder / f"{folder.name}.toml"
    file.write_text(
        STUDY.format(
            plates=plates, images=images, n_sets=n_sets, views=views, sampler=sampler, trials=trials
        ),
        encoding="utf-8",
    )
    study = hcs.Study.from_toml(file).run()
    print(f"{folder.name}: {study.report()}")
    return study


def classical_forest(study: hcs.Study, folder: Path) -> pd.DataFrame:
    """Random forest on the three measurements of every field, on the study's own sets: metrics by set."""
    truth = pd.concat(pd.read_csv(path) for path in sorted(folder.glob("export/*/truth.csv")))
    tiles = pd.read_parquet(study.results / "tiles.parquet")
    tiles = tiles.merge(truth, on=["plate", "well", "field"], validate="one_to_one")
    tested = []
    for number, split in study.table("splits").groupby("set"):
        part = tiles["group"].map(split.set_index("group")["part"])
        train, test = tiles[part == "train"], tiles[part == "test"]
        forest = ForestClassifier(seed=int(number)).fit(train[MEASUREMENTS], train["label"] == "ALS")
        probability = forest.predict_proba(test[MEASUREMENTS])[:, 1]
        tested.append(test.assign(model="forest on the three", set=number, probability=probability))
    return score_sets(pd.concat(tested), positive="ALS").table


def tell(name: str, metrics: pd.DataFrame) -> float:
    """Print a model's numbers, clone level beside tile level; the mean tile AUC."""
    shown = "; ".join(
        f"{column} {metrics[column].mean():.3f} ± {metrics[column].std():.3f}"
        for column in ("accuracy", "auc", "group_accuracy", "group_auc")
    )
    print(f"{name}: {shown} (mean ± SD of {len(metrics)} sets; n = 30 clones)")
    return float(metrics["auc"].mean())


def main(
    out: Path,
    *,
    fields: int = 3,
    side: int = 1024,
    n_sets: int = 55,
    views: int = 4,
    trials: int = 20,
    permutations: int = 20,
) -> dict[str, float]:
    """Run the three experiments; the numbers that the study turns on."""
    images = 3 * fields
    texture = simulate(out, "texture", fields, side, disease=DiseaseEffect(beading=0.5))
    study = run(texture, images, n_sets=n_sets, views=views, sampler="tpe", trials=trials)
    metrics = study.table("metrics")
    found = {
        "cnn": tell("network", metrics[metrics["model"] == "cnn"]),
        "forest": tell("forest on the three measurements", metrics[metrics["model"] == "forest"]),
        "true forest": tell("forest on the three as drawn", classical_forest(study, texture)),
    }

    null = run(simulate(out, "null", fields, side), images, n_sets=8, views=1)
    permuted = permute_labels(null, permutations)
    print(permuted.summary())
    found["null"] = float(permuted.means().drop(0).mean())

    tied = run(simulate(out, "confounded", fields, side, batch=0.5, tied=True), images, n_sets=8, views=1)
    metrics = tied.table("metrics")
    found["confounded"] = tell("network, label tied to batch", metrics[metrics["model"] == "cnn"])
    print(*tied.record["confounding"], sep="\n")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The reference study on simulated clones.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--fields", type=int, default=3, help="fields per well; three wells a clone")
    chosen = parser.parse_args()
    main(chosen.out, fields=chosen.fields)
