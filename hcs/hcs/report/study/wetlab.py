"""The wet-lab part of the methods: what platemaps, protocols and exports state, and what none does."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.wording import counted, listed, plural, spaced
from hcs_plates.protocol import Antibody, Protocol
from hcs_plates.protocolchecks import EXPOSURE
from hcs_plates.quantities import dilution_text

OF_LINES = ("source tissue", "reprogramming vector", "passage", "day of differentiation")
ITEMS = ("seeding density", "fixation", "antibodies", "dilutions", "objective", "exposure")
"""What a reader would need to repeat the experiment; the ones that nobody stated are listed.

Those of lines are asked of studies of clones or donors, and not of a screen of compounds.
"""
SHOWN_VALUES = 4


def wetlab_paragraphs(facts: StudyFacts) -> list[str]:
    """Write how the cells were grown, stained and imaged.

    Only what is stated is said; what contradicts, what differs between plates and what nobody stated follows.
    """
    plates = {str(name): dict(one) for name, one in facts.record.get("plates", {}).items()}
    said, stated = _of_wells(facts)
    of_plates, more = _of_plates(plates)
    stated |= more
    text = " ".join([*said, *of_plates])
    against = [str(sentence) for one in plates.values() for sentence in one.get("contradictions", ())]
    lines = OF_LINES if facts.group in ("clone", "donor") or "clone" in facts.wells else ()
    missing = [item for item in (*lines, *ITEMS) if item not in stated]
    rest = f"Not stated: {', '.join(missing)}." if missing else ""
    return [paragraph for paragraph in (text, " ".join(against), rest) if paragraph]


def _of_wells(facts: StudyFacts) -> tuple[list[str], set[str]]:
    """Say what the platemaps' columns say, by clone and class; and which items they state."""
    wells = facts.wells
    said: list[str] = []
    stated: set[str] = set()
    if wells.empty or "label" not in wells:
        return said, stated
    own = wells[wells["label"].isin(facts.classes.both)]
    noun = facts.classes.noun
    for column, item, sentence in (
        ("source_tissue", "source tissue", f"{plural(noun).capitalize()} came from {{}}."),
        ("reprogramming_vector", "reprogramming vector", "They were reprogrammed with {}."),
        ("passage", "passage", "Passage numbers were {}."),
        ("seeding_density", "seeding density", "Cells were seeded at {}."),
        (
            "differentiation_day",
            "day of differentiation",
            "Cells were fixed or imaged on day {} of differentiation.",
        ),
        ("day", "days in culture", "Cells were imaged after {} days in culture."),
        ("fixation", "fixation", "Cells were fixed with {}."),
        ("primary_antibody", "antibodies", "Primary antibodies (platemap): {}."),
        ("secondary_antibody", "antibodies", "Secondary antibodies (platemap): {}."),
    ):
        if column not in own or not own[column].notna().any():
            continue
        stated.add(item)
        said.append(sentence.format(_summed(own, column, noun)))
    if any(
        f"{role}_dilution" in own and own[f"{role}_dilution"].notna().any()
        for role in ("primary", "secondary")
    ):
        stated.add("dilutions")
    return said, stated


def _summed(wells: pd.DataFrame, column: str, noun: str) -> str:
    """Sum a column up over groups, by class where the classes differ."""
    known = wells[wells[column].notna()]
    if pd.api.types.is_numeric_dtype(known[column]):
        by_class = {str(label): _range(rows, column) for label, rows in known.groupby("label", sort=True)}
    else:
        by_class = {
            str(label): _counts(rows, column, noun) for label, rows in known.groupby("label", sort=True)
        }
    unit = _unit(known, column)
    silent = wells["group"].nunique() - known["group"].nunique()
    beside = f"; not stated for {counted(silent, noun)}" if silent > 0 else ""
    if len(set(by_class.values())) == 1:
        return f"{next(iter(by_class.values()))}{unit}{beside}"
    return f"{'; '.join(f'{text}{unit} in {spaced(label)}' for label, text in by_class.items())}{beside}"


def _range(rows: pd.DataFrame, column: str) -> str:
    low, high = rows[column].min(), rows[column].max()
    return f"{low:,.6g}" if low == high else f"{low:,.6g}–{high:,.6g}"


def _unit(rows: pd.DataFrame, column: str) -> str:
    """Give the unit of a density, or say that it is not stated."""
    if column != "seeding_density":
        return ""
    units = sorted(rows["seeding_density_unit"].dropna().unique()) if "seeding_density_unit" in rows else []
    return f" {' or '.join(units)}" if units else " cells (per well or area is not stated)"


def _counts(rows: pd.DataFrame, column: str, noun: str) -> str:
    """Name the values of a column of text, with how many groups have each where there are several."""
    dilution = column.replace("_antibody", "_dilution")
    named = rows[column].astype(str)
    if dilution != column and dilution in rows:
        ratio = rows[dilution].map(lambda value: "" if pd.isna(value) else f", {dilution_text(value)}")
        named = named + ratio
    groups = rows["group"].groupby(named).nunique().sort_values(ascending=False, kind="stable")
    if len(groups) == 1:
        return str(groups.index[0])
    shown = [f"{value} ({counted(int(n), noun)})" for value, n in groups.items()]
    return listed(shown, most=SHOWN_VALUES)


def _of_plates(plates: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], set[str]]:
    """Sentences on what protocols and exports say of plates: once, or plate by plate where they differ."""
    stated: set[str] = set()
    by_topic: dict[str, dict[str, list[str]]] = {}
    for name, one in plates.items():
        kept = one.get("protocol")
        protocol = Protocol.model_validate(kept) if kept else Protocol()
        for item, sentence in _sentences(protocol, one.get("imaged_with", {})):
            topic, _, items = item.partition(":")
            stated |= set(filter(None, items.split(",")))
            by_topic.setdefault(topic, {}).setdefault(sentence, []).append(name)
    said: list[str] = []
    for topic, sentences in by_topic.items():
        silent = [name for name in plates if not any(name in named for named in sentences.values())]
        if len(sentences) == 1 and not silent:
            said += sentences
            continue
        said += [f"{_named(named)}: {sentence}" for sentence, named in sentences.items()]
        if silent:
            said.append(f"{_named(silent)}: {topic} not stated.")
    return said, stated


def _named(plates: list[str]) -> str:
    return f"{plural('Plate', len(plates))} {listed(plates, most=12)}"


def _sentences(protocol: Protocol, exported: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Sentences of one plate, each with its topic and, after a colon, the items of `ITEMS` that it states."""
    culture, fixation, imaging = protocol.culture, protocol.fixation, protocol.imaging
    grown = [
        culture.vessel,
        f"coated with {culture.coating}" if culture.coating else "",
        f"medium {culture.medium}" if culture.medium else "",
    ]
    if any(grown):
        yield "culture:", f"Culture: {', '.join(filter(None, grown))}."
    if culture.seeding_density is not None:
        density = f"{culture.seeding_density:,.6g} {culture.seeding_density_unit}"
        yield "seeding density:seeding density", f"Seeding density was {density}."
    if culture.differentiation_day is not None:
        day = f"{culture.differentiation_day:g}"
        yield (
            "day of differentiation:day of differentiation",
            f"Cells were fixed on day {day} of differentiation.",
        )
    if fixed := _fixed(protocol):
        yield "fixation:fixation" if fixation.fixative else "fixation:", fixed
    if protocol.antibodies:
        items = "antibodies,dilutions" if any(one.dilution for one in protocol.antibodies) else "antibodies"
        yield f"antibodies:{items}", f"Antibodies: {'; '.join(map(_antibody, protocol.antibodies))}."
    lens = _objective(imaging.model_dump(exclude_none=True), exported)
    microscope = imaging.instrument or exported.get("instrument")
    taken = [f"on {microscope}" if microscope else "", f"({imaging.mode})" if imaging.mode else "", lens]
    if any(taken):
        yield (
            "imaging:objective" if lens else "imaging:",
            f"Images were taken {' '.join(filter(None, taken))}.",
        )
    if exposures := _exposures(protocol, exported):
        yield "exposure:exposure", f"Exposure times were {listed(exposures, most=8)}."


def _fixed(protocol: Protocol) -> str:
    fixation = protocol.fixation
    strength = f"{fixation.concentration} " if fixation.concentration else ""
    how = [
        f"with {strength}{fixation.fixative}" if fixation.fixative else "",
        f"for {fixation.time}" if fixation.time else "",
        f"at {fixation.temperature}" if fixation.temperature else "",
    ]
    parts = [
        f"fixed {' '.join(filter(None, how))}" if any(how) else "",
        f"permeabilised with {fixation.permeabilised_with}" if fixation.permeabilised_with else "",
        f"blocked with {fixation.blocked_with}" if fixation.blocked_with else "",
    ]
    return f"Cells were {listed(filter(None, parts))}." if any(parts) else ""


def _antibody(one: Antibody) -> str:
    """Name an antibody as papers do: target, then role, host, clone, source, dilution, dye and channel."""
    bought = " ".join(filter(None, (one.supplier, one.catalogue, f"RRID:{one.rrid}" if one.rrid else "")))
    told = [
        one.role,
        one.host,
        f"clone {one.clone}" if one.clone else "",
        bought,
        dilution_text(one.dilution) if one.dilution else "dilution not stated",
        one.fluorophore,
        f"channel {one.channel}" if one.channel else "",
        " ".join(filter(None, (str(one.time or ""), f"at {one.temperature}" if one.temperature else ""))),
    ]
    return f"anti-{one.target} ({', '.join(filter(None, told))})"


def _objective(stated: Mapping[str, Any], exported: Mapping[str, Any]) -> str:
    """Name the objective, by the protocol and else by the export; each part as whoever states it."""
    said = {
        name: stated.get(name, exported.get(name))
        for name in ("objective", "magnification", "numerical_aperture")
    }
    if not any(said.values()):
        return ""
    parts = [
        f"{said['magnification']:g}×" if said["magnification"] else "",
        f"NA {said['numerical_aperture']:g}" if said["numerical_aperture"] else "",
        str(said["objective"]) if said["objective"] else "",
    ]
    return f"with an objective of {', '.join(filter(None, parts))}"


def _exposures(protocol: Protocol, exported: Mapping[str, Any]) -> list[str]:
    """Exposure time of each channel, by the protocol and else by the export."""
    times = {
        name.removesuffix(EXPOSURE): f"{value:g} ms"
        for name, value in exported.items()
        if name.endswith(EXPOSURE)
    }
    times |= {channel: str(time) for channel, time in protocol.imaging.exposure.items()}
    return [f"{time} ({channel})" for channel, time in times.items()]
