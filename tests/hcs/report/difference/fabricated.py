"""Results folders of studies that were never run: every number of them is given by the test."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.study.folder import StudyResults
from hcs.study.settings import StudyConfig

LABELS = {f"a{i}": "ALS" for i in range(4)} | {f"c{i}": "control" for i in range(4)}
SCORES = {"a0": 0.9, "a1": 0.8, "a2": 0.7, "a3": 0.6, "c0": 0.1, "c1": 0.2, "c2": 0.3, "c3": 0.4}
PLATES = {"P1": "digest-of-p1", "P2": "digest-of-p2"}
TABLES = ("groups", "metrics", "splits", "scores", "wells", "left_out", "predictions")


DESIGN = pd.DataFrame({"column": ["plate", "passage"], "cramers_v": [0.0, 0.3], "p": [1.0, 0.6]})
DESIGN = DESIGN.assign(smallest_p=[1.0, 0.002], p_holm=1.0, tied=False, nested=False, balanced=[True, False])
"""A design check that found nothing."""


def write_results(
    folder: Path,
    *,
    labels: Mapping[str, str] = LABELS,
    scores: Mapping[str, Mapping[str, float]] | None = None,
    plates: Mapping[str, str] = PLATES,
    config: Mapping[str, Mapping[str, Any]] | None = None,
    record: Mapping[str, Any] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    analyses: Mapping[str, Any] | None = None,
    turned: int = 0,
) -> StudyResults:
    """Write a finished study: each clone has one well on every plate, and each well two tiles.

    `turned` deals other sets; `tables` replaces tables; `config` and `record` replace entries.
    """
    given = {"cnn": SCORES, "forest": SCORES} if scores is None else scores
    settings = {"data": {"plates": [f"/plates/{name}.ome.zarr" for name in plates]}}
    for section, values in (config or {}).items():
        settings[section] = settings.get(section, {}) | dict(values)
    (folder / "tables").mkdir(parents=True)
    written = {
        "hcs": "0.1.0",
        "versions": {"numpy": "2.4.6", "tensorflow": "2.21.0"},
        "hardware": {"cores": 2, "machine": "x86_64"},
        "config": StudyConfig.model_validate(settings).model_dump(mode="json"),
        "seeds": {"splits": 0},
        "durations": {"features": 61.2},
        "source": f"/studies/{folder.name}.toml",
        "weights": {"source": "packaged", "sha256": "3f" * 32},
        "plates": {
            name: {"path": f"/plates/{name}.ome.zarr", "digest": digest, "rows": 4, "columns": 6}
            for name, digest in plates.items()
        },
        "tiles": 2 * len(labels) * len(plates),
        "features_digest": "features-0",
        "inputs": "inputs-0",
        "nested": True,
        "notices": [],
    }
    (folder / "record.json").write_text(json.dumps(written | dict(record or {})), encoding="utf-8")
    made = fabricated_tables(labels, given, list(plates), turned) | {"design": DESIGN} | dict(tables or {})
    for name, table in made.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    if analyses is not None:
        (folder / "analyses").mkdir()
        told: dict[str, Any] = {"asked": {}, **analyses}
        for name, said in told.get("findings", {}).items():
            said |= {"headline": said["summary"], "caveats": []}
            pd.DataFrame({"value": [1.0]}).to_parquet(folder / "analyses" / f"{name}.parquet")
            (folder / "analyses" / f"{name}.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        (folder / "analyses" / "summaries.json").write_text(json.dumps(told), encoding="utf-8")
    return StudyResults.open(folder)


def fabricated_tables(
    labels: Mapping[str, str], given: Mapping[str, Mapping[str, float]], plates: Sequence[str], turned: int
) -> dict[str, pd.DataFrame]:
    """Tables that follow from clones' labels and scores; every tile has its clone's score."""
    wells = pd.DataFrame(
        [
            {
                "plate": plate,
                "well": f"{'ABCD'[place // 6]}{place % 6 + 1:02}",
                "clone": clone,
                "diagnosis": label,
                "passage": 20 + place,
                "included": True,
                "label": label,
                "group": clone,
            }
            for plate in plates
            for place, (clone, label) in enumerate(labels.items())
        ]
    )
    place = ["plate", "well", "group", "label"]
    tiles = wells[place].assign(field=1).merge(pd.DataFrame({"tile": [0, 1]}), how="cross")
    scored = pd.concat([tiles.assign(model=model) for model in given], ignore_index=True)
    scored["probability"] = [
        given[model].get(group) for model, group in zip(scored["model"], scored["group"], strict=True)
    ]
    tested = scored[scored["probability"].notna()].assign(set=1)
    groups = tested.groupby(["model", "group", "label"], as_index=False).agg(
        n_tiles=("tile", "size"), probability=("probability", "mean")
    )
    right = (groups["probability"] >= 0.5) == (groups["label"] == "ALS")
    share = right.groupby(groups["model"]).mean()
    metrics = pd.DataFrame(
        [
            {
                "model": model,
                "set": number,
                "accuracy": value - 0.1 * number,
                "auc": value,
                "group_accuracy": value,
                "group_auc": value,
            }
            for model, value in share.items()
            for number in (1, 2)
        ]
    )
    names = list(labels)
    names = names[turned:] + names[:turned]
    parts = ["train"] * (len(names) - 4) + ["validation"] * 2 + ["test"] * 2
    splits = pd.DataFrame(
        [
            {"set": number, "part": part, "group": name, "label": labels[name], "held_out": ""}
            for number in (1, 2)
            for name, part in zip(names, parts, strict=True)
        ]
    )
    return {
        "wells": wells,
        "scores": scored,
        "predictions": tested,
        "groups": groups,
        "metrics": metrics,
        "splits": splits,
        "left_out": pd.DataFrame({"what": [], "where": [], "reason": []}, dtype=object),
    }
