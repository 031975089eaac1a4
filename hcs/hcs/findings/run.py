"""All analyses of a finished study, one finding each, kept in its results folder."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from hcs.analysis.clinical import ClinicalTable, read_clinical
from hcs.analysis.finding import Finding
from hcs.analysis.kept import keep_analyses, sentences_of, tables_of
from hcs.analysis.question import BATCH, Question
from hcs.analysis.registry import ANALYSES
from hcs.classifiers.registry import FIRST
from hcs.display import preview
from hcs.findings.from_study import study_evidence
from hcs.study.folder import StudyResults, working_in
from hcs.study.places import KEPT_ANALYSES
from hcs.study.steps import Steps, in_log, silent
from hcs.tables.workbook import write_workbook
from hcs.wording import counted, spaced
from hcs_plates.errors import ArgumentError, HcsError, LookupRefusedError, nearest
from hcs_plates.runlog import tell, tell_begun


@dataclass(frozen=True, repr=False)
class StudyAnalyses(Mapping[str, Finding]):
    """Findings of a study by the name of their analysis.

    Parameters
    ----------
    findings
        What was found, in the order of `ANALYSES`.
    left_out
        Analyses that could not be made, and why.
    asked
        How they were asked for: model, batch, seed, clinical (whether a clinical table was given) and
        clinical_notes (what of it does not meet the study).
    """

    findings: dict[str, Finding]
    left_out: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str | int | bool | list[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Finding:
        if name in self.left_out:
            raise LookupRefusedError(f"{spaced(name)} was not made: {self.left_out[name]}")
        if name not in self.findings:
            raise LookupRefusedError(f"There is no analysis {name!r} here; {nearest(name, self.findings)}")
        return self.findings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        made = f"{counted(len(self.findings), 'analysis')}, {len(self.left_out)} not made"
        return f"<{type(self).__name__}: {made}; .summary() says what they found>"

    def _repr_html_(self) -> str:
        said = {spaced(name): found.headline() for name, found in self.findings.items()}
        said |= {spaced(name): f"Not made: {reason}" for name, reason in self.left_out.items()}
        table = pd.DataFrame(said.items(), columns=["analysis", "found"])
        return preview(f"{counted(len(self.findings), 'analysis')} of the study", table, len(table))

    @property
    def clinical_notes(self) -> list[str]:
        """Rows of no clone, clones without a row, odd columns of the clinical table, in words."""
        notes = self.asked.get("clinical_notes", [])
        return notes if isinstance(notes, list) else []

    def summary(self) -> str:
        """Say what every analysis found, one paragraph each, and which could not be made."""
        said = [f"{spaced(name)}: {found.summary()}" for name, found in self.findings.items()]
        if self.clinical_notes:
            said.insert(0, " ".join(["clinical table:", *self.clinical_notes]))
        if self.left_out:
            why = "; ".join(f"{spaced(name)} ({reason})" for name, reason in self.left_out.items())
            said.append(f"{counted(len(self.left_out), 'analysis')} not made: {why}")
        return "\n\n".join(said)

    def to_json(self) -> dict[str, object]:
        """How the analyses were asked for, sentences of each, and why others could not be made."""
        told = {name: sentences_of(found) for name, found in self.findings.items()}
        return {"asked": self.asked, "findings": told, "left_out": self.left_out}

    def save_tables(self, path: Path | str, *, overwrite: bool = False) -> tuple[Path, tuple[str, ...]]:
        """Write what was found, then every table, as one workbook (`hcs.tables.workbook.write_workbook`)."""
        said = [(name, sentences_of(found)) for name, found in self.findings.items()]
        rows = [(name, one["headline"], one["summary"]) for name, one in said]
        rows += [(name, "not made", reason) for name, reason in self.left_out.items()]
        tables = {"answers": pd.DataFrame(rows, columns=["analysis", "headline", "summary"])}
        for name, found in self.findings.items():
            tables |= tables_of(name, found)
        return write_workbook(tables, path, overwrite=overwrite)

    def save(self, folder: Path) -> Path:
        """Keep every table, figure and sentence in a folder (`hcs.analysis.kept.keep_analyses`)."""
        return keep_analyses(self.findings, self.left_out, self.asked, folder)


def analyse_study(  # noqa: PLR0913 – keywords of users
    study: StudyResults,
    *,
    clinical: Path | str | ClinicalTable | None = None,
    key: str = "clone",
    sheet: str | None = None,
    biomarkers: Sequence[str] = (),
    only: Sequence[str] | None = None,
    model: str = FIRST,
    batch: str = BATCH,
    seed: int = 0,
    steps: Steps = silent,
) -> StudyAnalyses:
    """Make every analysis of a finished study and keep tables, figures and sentences in its folder.

    Parameters
    ----------
    study
        A study that was run.
    clinical
        Table of clones or donors, or its file.
    key
        Column of that file which names the clone or donor.
    sheet
        Sheet of that file, if it is a workbook; None takes the only one with such a table.
    biomarkers
        Columns of it to join with the model's score.
    only
        Names of the analyses wanted; all of `ANALYSES` without it. Only a whole set is kept in the folder.
    model, batch, seed
        As in `Question`.
    steps
        Shows progress.

    Raises
    ------
    ArgumentError, ClinicalError
        A name that is no analysis, a batch, key or biomarker that is no column, a clinical table that cannot
        be read, or biomarkers without one; before anything is made.
    """
    _check_names(only, biomarkers, clinical)
    table = _clinical_table(study, clinical, key, biomarkers, batch, sheet)
    asked = Question(study_evidence(study), table, tuple(biomarkers), model, batch, seed)
    with working_in(study.results, "study analyse") if only is None else nullcontext():
        found = analyse(asked, only, in_log(steps))
        of = {"features": str(study.record.get("features_digest", ""))}
        found = replace(found, asked={**found.asked, **of})
        if only is None:
            found.save(study.results / KEPT_ANALYSES)
    return found


def analyse(asked: Question, only: Sequence[str] | None = None, steps: Steps = silent) -> StudyAnalyses:
    """Make analyses of a study's evidence, one after the other; what one cannot do does not stop the others.

    An analysis that fails in a way nobody foresaw is left out with the name of the error.

    Raises
    ------
    ArgumentError
        A name that is no analysis, or biomarkers without a clinical table.
    """
    _check_names(only, asked.biomarkers, asked.clinical)
    findings, left_out = {}, {}
    wanted = list(ANALYSES) if only is None else list(only)
    with steps("analyses") as progress:
        tell_begun(len(wanted), 0)
        if progress is not None:
            progress(0, len(wanted))
        for place, name in enumerate(wanted):
            start = time.monotonic()
            try:
                findings[name] = ANALYSES[name](asked)
            except HcsError as error:
                left_out[name], ended = str(error), "not made"
            except Exception as error:
                # A fault of ours or of a library in one analysis must not cost the others.
                left_out[name], ended = f"It failed: {type(error).__name__}: {error}", "refused"
            if name in findings:
                tell("unit", unit=name, seconds=round(time.monotonic() - start, 3))
            else:
                tell(ended, unit=name, sentence=left_out[name])
            if progress is not None:
                progress(place + 1, len(wanted))
    return StudyAnalyses(
        findings,
        left_out,
        {
            "model": asked.model,
            "batch": asked.batch,
            "seed": asked.seed,
            "clinical": asked.clinical is not None,
            "clinical_notes": [] if asked.clinical is None else list(asked.clinical.caveats),
        },
    )


def _check_names(only: Sequence[str] | None, biomarkers: Sequence[str], clinical: object | None) -> None:
    """Refuse names that are no analyses, and biomarkers of no table."""
    for name in only or ():
        if name not in ANALYSES:
            raise ArgumentError(f"No analysis {name!r}; {nearest(name, ANALYSES)}")
    if biomarkers and clinical is None:
        raise ArgumentError("Biomarkers stand in a clinical table; give one beside them.")


def _clinical_table(
    study: StudyResults,
    clinical: Path | str | ClinicalTable | None,
    key: str,
    biomarkers: Sequence[str],
    batch: str,
    sheet: str | None,
) -> ClinicalTable | None:
    """Read the clinical table against the study's clones or donors, and refuse columns that are not there."""
    wells, data = study.table("wells"), study.config.data
    if batch != BATCH and batch not in wells:
        raise ArgumentError(f"The wells of the study have no batch {batch!r}; {nearest(batch, list(wells))}")
    if clinical is None:
        return None
    if not isinstance(clinical, ClinicalTable):
        column = "group" if key == data.group or (key == "clone" and key not in wells) else key
        if column not in wells:
            known = [name for name in ("clone", "donor", data.group) if name in wells]
            raise ArgumentError(
                f"The wells of the study have no {key!r} that a clinical table could name; "
                f"{nearest(key, dict.fromkeys(known))}"
            )
        own = wells[wells["label"].astype(str).isin([data.positive, data.negative])]
        units = own[column].dropna().astype(str).unique()
        clinical = read_clinical(clinical, key=key, units=units, sheet=sheet)
    for name in biomarkers:
        if name not in clinical.values.columns:
            there = list(clinical.values.columns)
            raise ArgumentError(f"The clinical table has no biomarker {name!r}; {nearest(name, there)}")
    return clinical
