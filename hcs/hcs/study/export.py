"""A study's trained models handed out, each as a file of its own kind with a JSON file beside it."""

from pathlib import Path
from typing import Any

from hcs.classifiers.registry import FIRST, find_model
from hcs.study.folder import StudyResults
from hcs.study.network import feature_spec


def export_model(
    study: StudyResults, number: int, folder: Path, model: str = FIRST, *, overwrite: bool = False
) -> Path:
    """Export a model of one set: ``set-0001.keras``, network and head joined, or ``set-0001-forest.npz``.

    Beside it stands a JSON file on what it takes and gives.

    Raises
    ------
    HcsError
        No such set or model, other weights than the study's, or a file that is there already.
    """
    one = find_model(model, study.config.models.fitted)
    trained = study.trained(number, one)
    data = study.config.data
    about: dict[str, Any] = {"classes": [data.negative, data.positive]}
    recipe: Any = study.record.get("measured", [])
    if one.fed == "features":
        about |= {"channels": list(study.tiles.channels), "tile_size": study.tiles.size}
        recipe = feature_spec(study)
    about |= {"study": study.title, "set": number, "use": "For research use only."}
    named = "" if model == FIRST else f"-{model}"
    path = folder / f"set-{number:04d}{named}{one.exported}"
    return one.export(trained, recipe, path, about, overwrite=overwrite)
