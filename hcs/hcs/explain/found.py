"""What explanations found, kept beside a study's other findings."""

from hcs.analysis.kept import KeptAnalyses, keep_analyses
from hcs.explain.explanations import Explanations
from hcs.study.folder import StudyResults, working_in
from hcs.study.places import KEPT_EXPLANATIONS
from hcs_plates.errors import NotThereError, StoreError


def kept_findings(study: StudyResults) -> KeptAnalyses:
    """Read what a study's explanations found; where that was not kept yet, it is made and kept."""
    found = Explanations.open(study)
    asked = {name: found.record[name] for name in ("inputs", "recipe")}
    try:
        kept = study.kept_explanations()
    except (NotThereError, StoreError):
        kept = KeptAnalyses()
    if {name: kept.asked.get(name) for name in asked} != asked:
        with working_in(study.results):
            keep_analyses(found.findings(), found.left_out, asked, study.results / KEPT_EXPLANATIONS)
        kept = study.kept_explanations()
    return kept
