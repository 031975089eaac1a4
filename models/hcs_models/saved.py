"""A head joined to its backbone: one ordinary Keras file, from the network's input to class probabilities."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hcs_models.backbone import load_backbone
from hcs_models.features import FeatureSpec
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.files import write_files
from hcs_plates.paths import local_path


def joined_model(head: TrainedHead, spec: FeatureSpec) -> Any:
    """Join a head to its backbone; all layers are the model's own, none is a model in the model.

    Parameters
    ----------
    head
        Trained on features of `spec`.
    spec
        The network that made them; the joined model computes in direct convolutions.

    Returns
    -------
    keras.Model
        From images of shape (n, y, x, 3), as `hcs_models.preprocessing.preprocess` makes them, to
        probabilities of shape (n, n_classes).

    Raises
    ------
    ArgumentError
        A head of features of another length.
    """
    # Before Keras, so that TensorFlow starts as hcs starts it.
    backbone = load_backbone(replace(spec.backbone, convolution="direct")).model
    import keras

    width = backbone.output.shape[-1]
    if width not in (None, head.n_features):
        raise ArgumentError(
            f"The head takes {head.n_features} features and this network gives {width}; they do not belong "
            "together."
        )
    layers = head.keras_layers()
    outputs = backbone.output
    if width is None:
        # A flattened block's length depends on the image; the head knows it.
        outputs = keras.layers.Reshape((head.n_features,), name="rows")(outputs)
    for layer in layers:
        outputs = layer(outputs)
    head.set_keras(layers)
    return keras.Model(backbone.input, outputs, name="hcs_classifier")


def save_joined(
    head: TrainedHead, spec: FeatureSpec, path: Path | str, about: dict[str, Any], *, overwrite: bool = False
) -> Path:
    """Save the joined model as ``.keras``, and beside it a JSON file that says what it takes and gives.

    Parameters
    ----------
    head, spec
        As in `joined_model`.
    path
        File to write, ending in ``.keras``.
    about
        Further facts for the JSON file, such as the names of the classes.
    overwrite
        Replace what stands there.

    Raises
    ------
    ArgumentError, ExistsError
        Another ending; a file that is there already.
    """
    file = local_path(path)
    if file.suffix != ".keras":
        raise ArgumentError(f"{file} must end in .keras.")
    check_free(file, overwrite=overwrite)
    model = joined_model(head, spec)
    facts = {
        "input": {"shape": ["n", "y", "x", 3], **spec.preprocessing.record()},
        "output": {"shape": ["n", head.n_classes]},
        "network": spec.record(),
        "head": head.settings,
        **about,
    }
    return write_described(file, model.save, facts)


def check_free(file: Path, *, overwrite: bool) -> None:
    """Refuse a place where a file stands, and to replace a JSON file beside it that describes no model.

    Raises
    ------
    ExistsError
        A file that is there already.
    """
    beside = file.with_suffix(".json")
    if (file.exists() or beside.exists()) and not overwrite:
        there = file if file.exists() else beside
        raise ExistsError(f"{there} exists already; choose another place or replace it with --overwrite.")
    if beside.exists() and not _describes_model(beside):
        raise ExistsError(f"{beside} exists already and describes no model of hcs; choose another place.")


def write_described(file: Path, save: Callable[[Path], Any], facts: dict[str, Any]) -> Path:
    """Write a model and the JSON file beside it together.

    Parameters
    ----------
    file
        To write.
    save
        Writes the model to a path.
    facts
        What the JSON file says.
    """
    with TemporaryDirectory() as folder:
        # Keras writes to paths only, and goes by the ending.
        saved = Path(folder) / file.name
        save(saved)
        described = json.dumps(facts, indent=1, default=str).encode()
        write_files({file: saved.read_bytes(), file.with_suffix(".json"): described})
    return file


def _describes_model(path: Path) -> bool:
    """Whether a JSON file is one that stands beside a saved model."""
    try:
        held = set(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return False
    return {"input", "output"} <= held and bool(held & {"network", "model"})
