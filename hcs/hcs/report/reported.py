"""A study as users hold it: it runs, and says what it found."""

from pathlib import Path

from hcs.answer.verdict import Verdict
from hcs.report.crate.spec import CrateSpec
from hcs.report.crate.write import Crate, write_crate
from hcs.report.gather import study_verdict
from hcs.report.study.page import write_report
from hcs.study.run import StudyRun


class Study(StudyRun):
    """A study: its settings, the run, the results folder that the run fills, its verdict and its report.

    The run is `hcs.study.run.StudyRun`'s; what it left is read by `hcs.study.folder.StudyResults`.

    Examples
    --------
    >>> study = Study.from_toml("als.toml").run()  # doctest: +SKIP
    >>> study = Study.open("als-results")  # of a run that is finished  # doctest: +SKIP
    >>> study.verdict().kind, study.table("groups"), study.report()  # doctest: +SKIP
    """

    def report(self) -> Path:
        """Write `report.html` into the results folder."""
        return write_report(self)

    def export_crate(
        self, out: Path | str, spec: CrateSpec | None = None, *, overwrite: bool = False
    ) -> Crate:
        """Write the study as an RO-Crate: its tables, report and settings with what they are.

        What it raises is `hcs.report.crate.write.write_crate`'s.
        """
        return write_crate(self, out, spec, overwrite=overwrite)

    def verdict(self) -> Verdict:
        """Give the verdict that the report begins with, with every check as a value."""
        return study_verdict(self)
