"""The report of a study: facts → figures → one HTML file that opens offline."""

from collections.abc import Callable
from pathlib import Path

from hcs.answer.facts import StudyFacts
from hcs.answer.verdict import verdict
from hcs.figures.theme import model_name
from hcs.pages.page import Section, render, write_page
from hcs.report.card import ResultCard
from hcs.report.facts import ReportFacts
from hcs.report.gather import study_facts
from hcs.report.study.analysed import batches_section, covariates_section, permutations_section
from hcs.report.study.believable import checked
from hcs.report.study.calibration import calibration_section
from hcs.report.study.design import design_section
from hcs.report.study.downloads import tables_to_download
from hcs.report.study.gallery import gallery_section
from hcs.report.study.groups import groups_section
from hcs.report.study.left_out import left_out_section
from hcs.report.study.methods import methods_section
from hcs.report.study.models import comparison_section, pairing_section
from hcs.report.study.quality import quality_section
from hcs.report.study.reader_study import readers_section
from hcs.report.study.saliency import looks_section
from hcs.report.study.training import search_section, training_section
from hcs.report.study.wells import doses_section, wells_section
from hcs.study.folder import StudyResults
from hcs.study.places import REPORT
from hcs.wording import spaced

SECTIONS: tuple[Callable[[ReportFacts], Section | None], ...] = (
    permutations_section,
    design_section,
    comparison_section,
    pairing_section,
    groups_section,
    wells_section,
    doses_section,
    batches_section,
    covariates_section,
    calibration_section,
    training_section,
    search_section,
    looks_section,
    readers_section,
    gallery_section,
    quality_section,
    left_out_section,
    methods_section,
)
"""Sections of the report in reading order; one gives None where the study has nothing of its kind."""


def study_sections(facts: ReportFacts) -> list[Section]:
    """Lay out the report's sections in reading order."""
    return [section for made in SECTIONS if (section := made(facts)) is not None]


def study_page(facts: ReportFacts) -> str:
    """Render the report of a study as HTML.

    The same facts give the same text, character by character.
    """
    found = verdict(facts)
    return render(
        "study.html.j2",
        answering=True,
        title=facts.title,
        question=(
            f"{spaced(facts.classes.positive)} against {spaced(facts.classes.negative)} "
            f"({spaced(facts.classes.label)}), evaluated on {facts.classes.nouns} the models were not "
            f"trained on; scores are the probability of {spaced(facts.classes.positive)}"
        ),
        label=spaced(facts.classes.label),
        version=str(facts.record.get("hcs", "")),
        verdict=found,
        cards=model_cards(facts),
        checks=checked(found, facts.analysed),
        sections=study_sections(facts),
        downloads=tables_to_download(facts),
    )


def model_cards(facts: StudyFacts) -> list[ResultCard]:
    """Sum up every model that has a group-level score."""
    noun, cards = facts.classes.noun, []
    for model in facts.models:
        accuracy, area = facts.over_sets(model, "accuracy"), facts.over_sets(model, "auc")
        tiles = (
            f"Single tiles, mean ± SD over sets: accuracy {accuracy}, ROC AUC {area}"
            if accuracy.n_sets
            else ""
        )
        result = facts.group_result(model)
        cards.append(ResultCard(model_name(model), result, f"{facts.classes.nouns} right", noun, tiles))
    return cards


def write_report(study: StudyResults, facts: ReportFacts | None = None) -> Path:
    """Write a finished study's report into its results folder; an older one is replaced when it is whole.

    Facts that `hcs.report.gather.study_facts` has gathered are not gathered again.
    """
    return write_page(study.results / REPORT, study_page(facts or study_facts(study)))
