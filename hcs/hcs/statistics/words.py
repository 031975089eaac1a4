"""What sentences call two numbers that are held against each other."""

from dataclasses import dataclass, replace

from hcs.wording import plural, spaced


@dataclass(frozen=True)
class Words:
    """Names of two columns, of the groups within which they are held, and of what n counts.

    Parameters
    ----------
    x, y
        The columns; y is said to go with x.
    within
        What was adjusted for; empty where nothing was.
    noun
        One unit.

    Examples
    --------
    >>> words = Words("passage", "mean_score", "diagnosis")
    >>> words.inside, words.nouns, words.only(adjusted=False).inside
    (' within diagnosis', 'clones', '')
    """

    x: str = "x"
    y: str = "y"
    within: str = "diagnosis"
    noun: str = "clone"

    @property
    def nouns(self) -> str:
        """Several units."""
        return plural(self.noun)

    @property
    def inside(self) -> str:
        """Say within what, if within anything."""
        return f" within {spaced(self.within)}" if self.within else ""

    def only(self, *, adjusted: bool) -> "Words":
        """Give the same words, without what was not adjusted for."""
        return self if adjusted else replace(self, within="")
