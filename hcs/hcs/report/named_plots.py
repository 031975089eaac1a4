"""Plots of a finished study by name: those of its report, and those of its analyses as they are kept."""

from pathlib import Path
from typing import TYPE_CHECKING

from hcs.analysis.kept import KeptAnalyses
from hcs.analysis.registry import title_of
from hcs.figures.panels import write_figure
from hcs.report.gather import table_facts
from hcs.report.plots import PLOTS
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT_ANALYSES
from hcs_plates.errors import ArgumentError, NotThereError, StoreError, nearest

if TYPE_CHECKING:
    from hcs.figures.panels import Panels


def plot_names(study: StudyResults) -> dict[str, str]:
    """Name the plots that a study has, and say what each shows."""
    own = {name: about for name, (about, _) in PLOTS.items()}
    kept = _kept(study)
    return own | {name: title_of(name) for name in (kept.findings if kept else {})}


def plot_study(study: StudyResults, name: str) -> "Panels":
    """Draw one of the plots of the report (`hcs.report.plots.PLOTS`); its axes.

    Plots of analyses are drawn by their findings: ``hcs.analyse_study(study)["passages"].plot()``.

    Raises
    ------
    ArgumentError, NotThereError
        No such plot; its table is missing.
    """
    if name not in PLOTS:
        raise ArgumentError(f"No plot {name!r}; {nearest(name, list(PLOTS))}")
    return PLOTS[name][1](table_facts(study))


def save_plot(study: StudyResults, name: str, path: Path, *, overwrite: bool = False) -> tuple[Path, Path]:
    """Write a plot, and its numbers as CSV beside it; an analysis' plot is the one that was kept.

    Returns
    -------
    tuple of Path
        The figure and its numbers.

    Raises
    ------
    ArgumentError, NotThereError, ExistsError
        No plot of this name, or another ending; its table is missing; a file that is there already.
    """
    if name in PLOTS:
        return plot_study(study, name).save(path, overwrite=overwrite)
    kept = _kept(study)
    if kept is None or name not in kept.findings:
        raise ArgumentError(f"No plot {name!r}; {nearest(name, list(plot_names(study)))}")

    def as_kept(ending: str) -> bytes:
        file = study.results / KEPT_ANALYSES / f"{name}{ending}"
        try:
            return file.read_bytes()
        except OSError as error:
            raise StoreError(file, "is gone; make it again with `hcs study analyse`") from error

    return write_figure(path, as_kept, kept.findings[name].table, overwrite=overwrite)


def _kept(study: StudyResults) -> KeptAnalyses | None:
    try:
        return study.kept_analyses()
    except NotThereError:
        return None
