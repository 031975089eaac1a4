"""How commands on a study end: the verdict, where to read more, and what to do next."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hcs.answer.facts import StudyFacts
    from hcs.study.folder import StudyResults


def conclude(study: "StudyResults", facts: "StudyFacts", page: Path, *said: str) -> None:
    """Say the verdict as it is now, where everything stands, and the next command."""
    from hcs.answer.verdict import verdict

    lines = (verdict(facts).summary(), *said, f"report: {page.resolve()}")
    for line in (*lines, f"next: {next_step(facts, study.results)}"):
        typer.echo(line)


def next_step(facts: "StudyFacts", results: Path) -> str:
    """Give the command that tells most of what is not known yet of a study."""
    if facts.analysed is None:
        return f"hcs study analyse {results}"
    if facts.permuted is None:
        return f"hcs study permute {results} --permutations 99"
    if not facts.looks:
        return f"hcs explain {results}"
    return f"hcs predict {results} PLATE --out FOLDER"


def headlines(said: dict[str, str]) -> None:
    """Print what each analysis answers, a line each, behind names of one width."""
    width = max(map(len, said), default=0)
    for name, headline in said.items():
        typer.echo(f"{name:<{width}}  {headline}")
