"""Section on how the study was made: methods in words, and the run record."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.classifiers.registry import fed
from hcs.figures.theme import model_name
from hcs.pages.page import Section, page_table
from hcs.report.record import flat
from hcs.report.study.wetlab import wetlab_paragraphs
from hcs.wording import listed, spaced

METHODS = (
    "{cut} area-averaged to {tiles_size} × {tiles_size} pixels.",
    "Tiles went through a frozen {model_backbone}, whose weights are named below.",
    "{arithmetic}",
    "Its features at {model_features_at} ({model_pool}) are the input of the new layers.",
    "Only the new fully connected layers learnt (hidden units {model_hidden}, dropout {model_dropout}, L2 "
    "penalty {model_l2}).",
    "The new layers were trained by SGD with momentum (batches of {train_batch_size}, {train_epochs} epochs, "
    "weights of the {train_keep} epoch kept).",
    "{searched}",
    "Each tile has {train_views} stored views: itself and random rotations, shifts, zooms and flips.",
    "{measured}",
    "{drawn}",
    "Each of the {n_sets} sets has {splits_train} training, {splits_validation} validation and "
    "{splits_test} "
    "test {nouns} {per}, drawn with seed {splits_seed}.",
    "{left_out}",
)
"""Sentences of the methods; the names in braces are ``section_setting`` of the study's settings."""

SHOWN_COLUMNS = 6


def methods_section(facts: StudyFacts) -> Section:
    """Methods in words, then every setting, version and duration of the record."""
    config = facts.record.get("config")
    paragraphs = _methods(config, facts) if isinstance(config, Mapping) and config else []
    missing = [] if paragraphs else ["The record holds no settings."]
    paragraphs = [*wetlab_paragraphs(facts), *paragraphs, _statistics(facts), weights_sentence(facts)]
    # Digests of single files are for machines: `record.json` has them.
    entries = flat({name: value for name, value in facts.record.items() if name != "files"})
    rows = [(*_parted(name), value) for name, value in entries.items()]
    if not rows:
        return Section("methods", "Methods", paragraphs, (), [*missing, "The run record is missing."])
    table = pd.DataFrame(rows, columns=["part", "name", "value"])
    caption = "The run record: settings, seeds, versions, weights, hardware and durations."
    return Section("methods", "Methods", paragraphs, [page_table(table, caption, name="record")], missing)


def _parted(name: str) -> tuple[str, str]:
    """Part of the record, and the entry of it."""
    part, _, entry = name.rpartition(".")
    return part or "study", entry


def _methods(config: Mapping[str, Any], facts: StudyFacts) -> list[str]:
    """Write the methods from the settings; a sentence whose settings are not all recorded is left out."""
    settings = {
        f"{section}_{name}": _in_words(value)
        for section, values in config.items()
        if isinstance(values, Mapping)
        for name, value in values.items()
        if value is not None
    }
    known = settings | {"nouns": facts.classes.nouns, "per": "per class" if facts.nested else "in all"}
    grid = settings.get("tiles_grid", "1")
    known["cut"] = f"Every field was cut into {grid} × {grid} tiles, each"
    if grid == "1":
        known["cut"] = "Every field was taken whole, as one tile, and"
    known |= _worded(settings, facts)
    sentences = []
    for sentence in METHODS:
        try:
            sentences.append(sentence.format_map(known))
        except KeyError:
            continue
    return [" ".join(sentences)] if sentences else []


def _worded(settings: Mapping[str, str], facts: StudyFacts) -> dict[str, str]:
    """Word the settings that are more than a number in a sentence; those of older records are left out."""
    words = {"n_sets": str(facts.n_sets), "train_keep": settings.get("train_keep", "last")}
    sampler = settings.get("tuning_sampler", "none")
    if "train_learning_rate" in settings:
        words["searched"] = (
            f"Learning rate {settings['train_learning_rate']} and momentum {settings['train_momentum']} were "
            "set, not searched."
            if sampler == "none"
            else f"Learning rate ({settings['tuning_learning_rate']}, in the logarithm) and momentum "
            f"({settings['tuning_momentum']}) were searched for every set ({sampler}, "
            f"{settings['tuning_trials']} trials) on the accuracy of its validation tiles."
        )
    if "data_images_per_clone" in settings:
        words["drawn"] = (
            f"{settings['data_images_per_clone']} tiles were drawn from every {facts.classes.noun}, evenly "
            "over its wells and fields."
        )
    scheme = settings.get("splits_scheme", "drawn")
    if scheme in ("leave-one-batch-out", "leave-one-plate-out"):
        words["left_out"] = (
            f"Sets leave one {scheme.split('-')[2]} out at a time: test tiles are of {facts.classes.nouns} "
            f"and of a {scheme.split('-')[2]} that the set never saw."
        )
    elif scheme == "leave-one-group-out":
        words["left_out"] = f"Every set tests one {facts.classes.noun} and trains on the others."
    if names := [model_name(model) for model in facts.models if fed(model) == "measurements"]:
        learnt = f"The {listed(names)} {'was' if len(names) == 1 else 'were'} trained on"
        words["measured"] = f"{learnt} {_measured(facts)}, on the same sets."
    if "arithmetic" in facts.record:
        words["arithmetic"] = str(facts.record["arithmetic"])
    return words


def _measured(facts: StudyFacts) -> str:
    """Say what models that are fed measurements saw."""
    if facts.record["config"].get("forest", {}).get("measured") != "cells":
        return "intensity, foreground and texture measurements of the same tiles"
    columns = [str(name) for name in facts.record.get("measured", [])]
    units = {"um": "µm", "um2": "µm²", "px": "pixels", "px2": "pixels²"}
    named = [(name.rpartition("_"), name) for name in columns[:SHOWN_COLUMNS]]
    shown = ", ".join(
        f"{spaced(stem)} in {units[unit]}" if unit in units else spaced(name)
        for (stem, _, unit), name in named
    )
    more = f" and {len(columns) - SHOWN_COLUMNS} more" if len(columns) > SHOWN_COLUMNS else ""
    return f"measurements of each image ({shown}{more})"


def _in_words(value: Any) -> str:
    """Write a setting as it is said."""
    if isinstance(value, list | tuple):
        return " and ".join(map(str, value))
    return {"vgg16": "VGG-16", "avg": "their mean over positions", "flatten": "all positions"}.get(
        str(value), str(value)
    )


def _statistics(facts: StudyFacts) -> str:
    """State how the numbers of this page are computed."""
    return (
        f"A {facts.classes.noun}'s score is the mean predicted probability of "
        f"{spaced(facts.classes.positive)} over its test tiles in all sets that tested it, and calls "
        f"{spaced(facts.classes.positive)} from 0.5 upwards. Intervals are Wilson's 95 % over "
        f"{facts.classes.nouns}; spreads over sets are standard deviations (n − 1) and no standard errors."
    )


def weights_sentence(facts: StudyFacts) -> str:
    """Name the weights behind every CNN number: what they are, where from, which file."""
    weights = facts.record.get("weights")
    if not isinstance(weights, dict) or not weights:
        return "The record does not say which pretrained weights the CNN's features were made with."
    source = weights.get("source", "unnamed")
    description = weights.get("description")
    described = f" ({description})" if description else ""
    return f"Weights: {source}{described}, SHA-256 {weights.get('sha256', 'not recorded')}."
