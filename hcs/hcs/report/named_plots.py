"""Plots of a finished study by name: those of its report, and those of its analyses as they are kept."""

from pathlib import Path
from typing import TYPE_CHECKING

from hcs.analysis.kept import ANALYSE, EXPLAIN, PERMUTE, READ, KeptFinding
from hcs.analysis.registry import title_of
from hcs.figures.panels import write_figure
from hcs.report.gather import table_facts
from hcs.report.plots import PLOTS
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT_ANALYSES, KEPT_EXPLANATIONS, KEPT_PERMUTATIONS, KEPT_READERS
from hcs_plates.errors import ArgumentError, NotThereError, StoreError, nearest

if TYPE_CHECKING:
    from hcs.figures.panels import Panels


def plot_names(study: StudyResults) -> dict[str, str]:
    """Name the plots that a study has, and say what each shows."""
    own = {name: about for name, (about, _) in PLOTS.items()}
    return own | {name: title_of(name) for name in _kept(study)[0]}


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
    kept, damaged = _kept(study)
    if name not in kept:
        if damaged:
            raise damaged[0]
        raise ArgumentError(f"No plot {name!r}; {nearest(name, list(plot_names(study)))}")
    folder, maker, found = kept[name]

    def as_kept(ending: str) -> bytes:
        file = folder / f"{name}{ending}"
        try:
            return file.read_bytes()
        except OSError as error:
            raise StoreError(file, f"is gone; make it again with {maker}") from error

    return write_figure(path, as_kept, found.table, overwrite=overwrite)


def _kept(study: StudyResults) -> tuple[dict[str, tuple[Path, str, KeptFinding]], list[StoreError]]:
    """Every finding that is kept, with its folder and the command that made it, by name; and refusals."""
    kept: dict[str, tuple[Path, str, KeptFinding]] = {}
    damaged = []
    for place, maker, read in (
        (KEPT_ANALYSES, ANALYSE, study.kept_analyses),
        (KEPT_PERMUTATIONS, PERMUTE, study.kept_permutations),
        (KEPT_EXPLANATIONS, EXPLAIN, study.kept_explanations),
        (KEPT_READERS, READ, study.kept_readers),
    ):
        try:
            kept |= {name: (study.results / place, maker, one) for name, one in read().findings.items()}
        except NotThereError:
            continue
        except StoreError as error:
            damaged.append(error)
    return kept, damaged
