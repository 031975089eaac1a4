"""A check of a claim as a value: what was asked, how it came out, and by which numbers of which table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a check came out."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    TOLD = "told"
    """Said beside the answer, which it does not change."""
    NOT_ASKED = "not asked"
    NOT_KNOWN = "not known"
    """The table that would tell is missing, damaged or lacks what is asked."""


@dataclass(frozen=True)
class Check:
    """One check of a claim.

    Parameters
    ----------
    name
        Of the analysis, or of the table's check.
    outcome
        How it came out; the answer is decided from this and the numbers alone.
    sentence
        The outcome in words.
    table
        The table it comes from, by its file's name; empty where there is none.
    numbers
        What it rests on.
    brief
        The outcome as a clause of a sentence, where it is a reservation.
    """

    name: str
    outcome: Outcome
    sentence: str
    table: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    brief: str = ""

    def to_json(self) -> dict[str, Any]:
        """Check as a JSON-ready dictionary; a number that is not known is None."""
        return {
            "name": self.name,
            "outcome": str(self.outcome),
            "sentence": self.sentence,
            "table": self.table,
            "numbers": {name: _plain(value) for name, value in self.numbers.items()},
        }


def _plain(value: Any) -> Any:
    """Write a number of numpy's or pandas' as Python's; NaN as None."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
