"""One model's result at a glance, as a card of a page."""

from dataclasses import dataclass

from hcs.answer.result import GroupResult


@dataclass(frozen=True)
class ResultCard:
    """What a model got right in groups, with the interval drawn.

    Parameters
    ----------
    title
        Of the card.
    result
        The group-level result; None where there is none.
    counted
        What stands beside the number that is right.
    noun
        What one group is called.
    note
        A sentence below, such as the tile-level numbers; may be empty.
    """

    title: str
    result: GroupResult | None
    counted: str
    noun: str
    note: str = ""
