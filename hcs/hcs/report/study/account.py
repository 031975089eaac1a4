"""Sections that account for the study: design, what was left out, methods, and the tables to download."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import pandas as pd

from hcs.analysis.question import StudySection
from hcs.answer.dealt import Covering, class_table, covering, split_table
from hcs.answer.design import leaking
from hcs.answer.facts import TABLES, StudyFacts
from hcs.classifiers.registry import fed
from hcs.figures.theme import model_name
from hcs.pages.page import Download, PagePart, Section, csv_download, page_table
from hcs.report.study.analysed import findings_of
from hcs.report.study.models import weights_sentence
from hcs.wording import listed, plural, spaced

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


CARRIED_BYTES = 6_000_000
"""Room for the study's tables on its page, as ``data:`` addresses."""

SHOWN_COLUMNS = 6
DESIGN = "Design certificate"


def design_section(facts: StudyFacts) -> Section:
    """Count the groups of each class, show the sets, and whether any group stood on both sides."""
    parts: list[PagePart] = []
    found, missing = findings_of(facts.analysed, StudySection.DESIGN)
    counts = class_table(facts)
    if counts.empty:
        missing.append("The wells table is missing: labels and groups cannot be counted.")
    else:
        caption = f"Included wells by {spaced(facts.classes.label)}."
        parts.append(page_table(counts, caption, name="design"))
    if facts.splits.empty:
        missing.append(
            "The table of splits is missing: it cannot be checked that no group was on both sides."
        )
        return Section("design", DESIGN, [_nesting(facts)], [*parts, *found], missing)
    sets = split_table(facts)
    caption = f"Which {facts.classes.nouns} were trained on, validated on and tested, set by set."
    parts.append(page_table(sets, caption, name="splits", formats={"set": str}))
    cover = covering(facts)
    paragraphs = [_nesting(facts), _leak_sentence(facts)]
    if cover is not None:
        paragraphs += _covering_sentences(cover, facts)
    paragraphs += [str(facts.record["audit"])] if "audit" in facts.record else []
    paragraphs += [f"{line[0].upper()}{line[1:]}" for line in facts.record.get("confounding", [])]
    return Section("design", DESIGN, paragraphs, [*parts, *found], missing)


def _nesting(facts: StudyFacts) -> str:
    """Say which of the two kinds of design it is."""
    if facts.nested:
        return (
            f"Each {facts.classes.noun} has one {spaced(facts.classes.label)} and is kept together: all of "
            "its tiles are in training, in validation or in test."
        )
    return (
        f"Each {facts.classes.noun} holds both {spaced(facts.classes.positive)} and "
        f"{spaced(facts.classes.negative)} and is kept together: all of its tiles are in training, in "
        "validation or in test."
    )


def _leak_sentence(facts: StudyFacts) -> str:
    found = leaking(facts.splits)
    n = f"{facts.n_sets} {plural('set', facts.n_sets)}"
    if found.empty:
        return f"Leak check: in none of the {n} does a {facts.classes.noun} stand in more than one part."
    first = found.iloc[0]
    return (
        f"Leak check FAILED: {len(found)} times a {facts.classes.noun} stands in more than one part of a set "
        f"(first: {first['group']} in set {first['set']}, {first['parts']})."
    )


def _covering_sentences(cover: Covering, facts: StudyFacts) -> list[str]:
    """Compare the number of sets with the fewest that cover, and name what was never tested."""
    enough = f"{cover.needed} {plural('set', cover.needed)}"
    rule = f"for every {facts.classes.noun} to stand in test and in validation at least once"
    if cover.used < cover.needed:
        sentences = [f"{enough} would be needed {rule}; this study used {cover.used}."]
    else:
        sentences = [f"{enough} would be enough {rule}; this study used {cover.used}."]
    if cover.never_tested:
        sentences.append(f"Never tested: {', '.join(cover.never_tested)}.")
    else:
        sentences.append(f"Every {facts.classes.noun} was tested at least once.")
    if cover.never_validated:
        sentences.append(f"Never in validation: {', '.join(cover.never_validated)}.")
    return [" ".join(sentences)]


def left_out_section(facts: StudyFacts) -> Section:
    """Say what took no part, and why."""
    title = "What was left out"
    if facts.left_out.columns.empty:
        return Section("left-out", title, missing=["The list of what was left out is missing."])
    if facts.left_out.empty:
        return Section("left-out", title, ["Nothing was left out."])
    counts = facts.left_out.groupby(["what", "reason"], sort=True).size().rename("number").reset_index()
    named = (
        f"{row.number} {plural(str(row.what), int(row.number))}: {row.reason}" for row in counts.itertuples()
    )
    sentence = "; ".join(named).rstrip(".") + "."
    table = page_table(facts.left_out, "Everything that was left out, and why.", name="left_out")
    return Section("left-out", title, [sentence], [table])


def methods_section(facts: StudyFacts) -> Section:
    """Methods in words, then every setting, version and duration of the record."""
    config = facts.record.get("config")
    paragraphs = _methods(config, facts) if isinstance(config, Mapping) and config else []
    missing = [] if paragraphs else ["The record holds no settings."]
    paragraphs = [*paragraphs, _statistics(facts), weights_sentence(facts)]
    # Digests of single files are for machines: `record.json` has them.
    rows = list(_flat({name: value for name, value in facts.record.items() if name != "files"}))
    if not rows:
        return Section("methods", "Methods", paragraphs, (), [*missing, "The run record is missing."])
    table = pd.DataFrame(rows, columns=["part", "name", "value"])
    caption = "The run record: settings, seeds, versions, weights, hardware and durations."
    return Section("methods", "Methods", paragraphs, [page_table(table, caption, name="record")], missing)


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


def _flat(record: Mapping[str, Any], part: str = "") -> Iterator[tuple[str, str, str]]:
    """List a nested record as (part, name, value)."""
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{part}.{name}" if part else str(name))
        elif isinstance(value, list | tuple):
            yield part or "study", str(name), ", ".join(_shown(one) for one in value)
        else:
            yield part or "study", str(name), _shown(value)


def _shown(value: Any) -> str:
    """Write a value of the record; of a path only its last name, since reports are sent to others."""
    text = "–" if value is None else str(value)
    if PureWindowsPath(text).drive and PureWindowsPath(text).is_absolute():
        return PureWindowsPath(text).name
    return PurePosixPath(text).name if PurePosixPath(text).is_absolute() and len(text) > 1 else text


def tables_to_download(facts: StudyFacts) -> list[tuple[str, Download | None]]:
    """Every table of the study with its link; None for one that is missing.

    Of tables that together are too large for a page, the smallest are carried along, and the others named.
    """
    tables = {name: getattr(facts, name) for name in TABLES}
    links = {name: csv_download(table, name) for name, table in tables.items() if not table.columns.empty}
    room = CARRIED_BYTES
    for name in sorted(links, key=lambda name: len(links[name].address)):
        room -= len(links[name].address)
        if room < 0:
            links[name] = replace(links[name], address="")
    return [(name, links.get(name)) for name in TABLES]
