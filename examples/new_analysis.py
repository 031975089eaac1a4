"""An analysis of one's own: a finding and a row, and it stands in a study's analyses, report and plots.

    python examples/new_analysis.py RESULTS

To keep it, put the finding and the row into a file of their own below ``hcs/hcs/analysis/`` and name the row
in ``hcs/hcs/analysis/registry.py``.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import hcs
from hcs.analysis.finding import Finding, Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.registry import ANALYSES
from hcs.figures.panels import Panels
from hcs.figures.theme import new_figure, theme
from hcs.wording import counted


@dataclass(frozen=True, repr=False)
class WellSpread(Shown):
    """How far apart the scores of one clone's wells lie.

    Parameters
    ----------
    table
        One row per clone: group, label, n_wells, sd of the wells' scores (NaN of a single well).
    caveats
        Sentences.
    """

    table: pd.DataFrame
    caveats: tuple[str, ...] = ()

    def summary(self) -> str:
        """Say the median over clones; a finding says it too where there is nothing to find."""
        known = self.table.dropna(subset=["sd"])
        if known.empty:
            return "No clone has two wells with a score: wells of one clone cannot be compared."
        spread = known["sd"].median()
        said = (
            f"Wells of one clone differ by an SD of {spread:.3f} (median of {counted(len(known), 'clone')})."
        )
        return " ".join([said, *self.caveats])

    def plot(self) -> Panels:
        """Draw one bar per clone; its axes."""
        known = self.table.dropna(subset=["sd"])
        if known.empty:
            return Panels.none(self.summary(), self.table)
        with theme():
            figure = new_figure(6, 0.5 + 0.25 * len(known))
            axis = figure.add_subplot()
            axis.barh(known["group"].astype(str), known["sd"])
            axis.set_xlabel("SD of the scores of a clone's wells")
        return Panels.of(figure, known)


def well_spread(asked: Question) -> Finding:
    """Ask it of a study: the wells' scores by models that were blind to them."""
    scores = asked.scored.groupby(["group", "label"], as_index=False)["score"].agg(n_wells="size", sd="std")
    single = int((scores["n_wells"] < 2).sum())
    left_out = (f"{counted(single, 'clone')} with a single well left out.",) if single else ()
    return WellSpread(scores, left_out)


ROW = Analysis("well_spread", "How far apart wells of a clone score", StudySection.WELLS, well_spread)


def main(results: Path) -> Finding:
    """Make it beside all others, and write the report that shows it."""
    ANALYSES[ROW.name] = ROW
    study = hcs.Study.open(results)
    found = hcs.analyse_study(study)[ROW.name]
    print(found.summary())
    print(study.report())
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
