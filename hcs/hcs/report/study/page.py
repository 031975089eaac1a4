"""The report of a study: facts → figures → one HTML file that opens offline."""

from dataclasses import dataclass
from pathlib import Path

from hcs.answer.facts import GroupResult, StudyFacts
from hcs.answer.verdict import verdict
from hcs.figures.theme import model_name
from hcs.pages.page import Section, render, write_page
from hcs.report.study.account import design_section, left_out_section, methods_section, tables_to_download
from hcs.report.study.analysed import batches_section, covariates_section, permutations_section
from hcs.report.study.believable import checked
from hcs.report.study.checks import calibration_section, pairing_section, search_section
from hcs.report.study.models import (
    comparison_section,
    doses_section,
    gallery_section,
    groups_section,
    training_section,
    wells_section,
)
from hcs.report.study.quality import quality_section
from hcs.report.study.reader_study import readers_section
from hcs.report.study.saliency import saliency_section
from hcs.wording import spaced


@dataclass(frozen=True)
class ModelCard:
    """One model's numbers at a glance, the group level above the tile level.

    Parameters
    ----------
    name
        Of the model.
    result
        Its group-level result.
    tiles
        Its tile-level numbers in words; empty where there are none.
    """

    name: str
    result: GroupResult
    tiles: str


def study_sections(facts: StudyFacts) -> list[Section]:
    """Lay out the report's sections in reading order."""
    sections = [
        permutations_section(facts.permuted),
        design_section(facts),
        comparison_section(facts),
        pairing_section(facts),
        groups_section(facts),
        wells_section(facts),
        doses_section(facts),
        batches_section(facts.analysed),
        covariates_section(facts.analysed),
        calibration_section(facts),
        training_section(facts),
        search_section(facts),
        saliency_section(facts.explained, facts.noun),
        readers_section(facts),
        gallery_section(facts),
        quality_section(facts),
        left_out_section(facts),
        methods_section(facts),
    ]
    return [section for section in sections if section is not None]


def study_page(facts: StudyFacts) -> str:
    """Render the report of a study as HTML.

    The same facts give the same text, character by character.
    """
    found = verdict(facts)
    return render(
        "study.html.j2",
        answering=True,
        title=facts.title,
        question=(
            f"{spaced(facts.positive)} against {spaced(facts.negative)} ({spaced(facts.label)}), "
            f"evaluated on {facts.nouns} the models were not trained on; scores are the probability of "
            f"{spaced(facts.positive)}"
        ),
        label=spaced(facts.label),
        version=str(facts.record.get("hcs", "")),
        noun=facts.noun,
        nouns=facts.nouns,
        verdict=found,
        cards=model_cards(facts),
        checks=checked(found, facts.analysed),
        sections=study_sections(facts),
        downloads=tables_to_download(facts),
    )


def model_cards(facts: StudyFacts) -> list[ModelCard]:
    """Sum up every model that has a group-level score."""
    cards = []
    for model in facts.models:
        accuracy, area = facts.over_sets(model, "accuracy"), facts.over_sets(model, "auc")
        tiles = f"accuracy {accuracy}, ROC AUC {area}" if accuracy.n_sets else ""
        cards.append(ModelCard(model_name(model), facts.group_result(model), tiles))
    return cards


def write_study_report(facts: StudyFacts, path: Path) -> Path:
    """Write the report of a study as one self-contained HTML file.

    Parameters
    ----------
    facts
        The study's tables and record; missing tables are named as missing in their section.
    path
        File to write; an older one is replaced once the new one is whole.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ArgumentError
        The path is a folder.
    """
    return write_page(Path(path), study_page(facts))
