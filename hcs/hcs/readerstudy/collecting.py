"""Files of answers put into a pack's log: what is new of them, and nothing twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.readerstudy.answerfile import AnswerFile, read_answers
from hcs.readerstudy.clicks import Click
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.responses import Responses
from hcs.wording import counted
from hcs_plates.errors import ArgumentError, HcsError, InputFileError

if TYPE_CHECKING:
    import pandas as pd


def collect_answers(
    pack: Path | str, files: Sequence[Path | str], *, replace_earlier: bool = False
) -> tuple[str, ...]:
    """Put files of answers into a pack's log, all of them or none.

    A file that was saved later in the same sitting has more clicks, which are added; the same file again, or
    an older one, adds nothing. Answers of the same reader from elsewhere (the served page, a page begun anew)
    are another sitting: they are refused, or withdrawn in favour of the file's.

    Parameters
    ----------
    pack
        The folder.
    files
        As readers sent them.
    replace_earlier
        Withdraw a reader's answers that are of another sitting. They stay in the log.

    Returns
    -------
    tuple of str
        What became of each file, a sentence each.

    Raises
    ------
    InputFileError
        Files that were cut or do not fit the pack, with all that is wrong with all of them.
    ArgumentError
        Answers of another sitting are there.
    """
    opened = Pack.open(pack)
    read, faults = [], []
    for file in files:
        try:
            read.append(read_answers(file, opened))
        except HcsError as error:
            faults.append(error.message)
    if faults:
        raise InputFileError(opened.folder, faults) if len(faults) > 1 else ArgumentError(faults[0])
    with Responses(opened.folder, create=True) as responses:
        log = responses.log()
        readers = {name: _Reader.of(log, name) for name in {one.reader for one in read}}
        images = {name: len(opened.items(name)) for name in readers}
        said = tuple(readers[one.reader].take(one, images[one.reader], replace_earlier) for one in read)
        if clicks := [click for reader in readers.values() for click in reader.added]:
            responses.record(clicks)
    return said


@dataclass
class _Reader:
    """What is known of a reader while files are taken.

    Parameters
    ----------
    standing
        Answers that stand, as clicks.
    sitting
        Clicks of the last sitting, as its file has them.
    session
        Its name.
    revision
        Of the reader's state.
    added
        Clicks to be stored.
    """

    standing: list[Click] = field(default_factory=list)
    sitting: list[Click] = field(default_factory=list)
    session: str | None = None
    revision: int = 0
    added: list[Click] = field(default_factory=list)

    @classmethod
    def of(cls, log: "pd.DataFrame", reader: str) -> "_Reader":
        """Read a reader's clicks from the log."""
        known = cls()
        for row in log[log["reader"] == reader].to_dict("records"):
            call = row["call"] if isinstance(row["call"], str) else None
            known._keep(
                Click(
                    reader,
                    int(row["position"]),
                    row["image"],
                    call,
                    None if call is None else bool(row["sure"]),
                    int(row["revision"]) - 1,
                    row["click"],
                    float(row["seconds"]),
                    row["answered_at"],
                    row["session"],
                )
            )
        return known

    def take(self, file: AnswerFile, images: int, replace_earlier: bool) -> str:
        """Add what a file has more, and say it."""
        withdrawn = 0
        if self.session is not None and not self._continues(file):
            if not replace_earlier:
                source = "on the served page" if self.session == "" else "in another sitting"
                raise ArgumentError(
                    f"{file.path}: {file.reader} has given {counted(len(self.standing), 'answer')} {source}, "
                    "which are not these. To withdraw those in favour of this file: --replace."
                )
            withdrawn = self._withdraw()
        new = file.clicks[len(self.sitting) :] if self.session == file.session else file.clicks
        for click in new:
            self._add(click)
        stands = f"{len(self.standing)} of {images} images answered"
        if not new:
            return f"{file.path}: nothing new; {file.reader}: {stands}"
        gone = f", {counted(withdrawn, 'earlier answer')} withdrawn" if withdrawn else ""
        return f"{file.path}: {counted(len(new), 'click')} added{gone}; {file.reader}: {stands}"

    def _continues(self, file: AnswerFile) -> bool:
        """Whether a file is of the last sitting: one of the two is the beginning of the other."""
        shared = min(len(self.sitting), len(file.clicks))
        ours, theirs = ([_content(one) for one in own[:shared]] for own in (self.sitting, file.clicks))
        return self.session == file.session and ours == theirs

    def _withdraw(self) -> int:
        """Take back all answers that stand, the last one first; that is no sitting of any file."""
        stood = len(self.standing)
        for last in reversed(self.standing[:]):
            self._add(replace(last, call=None, sure=None, seconds=0.0, session=""))
        self.session, self.sitting = None, []
        return stood

    def _add(self, click: Click) -> None:
        # Of its own in the log, also where a sitting is taken a second time after another one.
        own = click.click.rpartition(":")[2]
        made = replace(click, revision=self.revision, click=f"{self.revision}:{own}")
        self.added.append(made)
        self._keep(made)

    def _keep(self, click: Click) -> None:
        if click.session != self.session:
            self.session, self.sitting = click.session, []
        self.sitting.append(click)
        self.revision += 1
        if click.call is None:
            self.standing.pop()
        else:
            self.standing.append(click)


def _content(click: Click) -> tuple[object, ...]:
    """Say what a click is, whatever it is called in the log."""
    return click.position, click.call, click.sure, click.seconds, click.click.rpartition(":")[2]
