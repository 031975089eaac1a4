"""What sentences call two numbers that are held against each other."""

from dataclasses import dataclass, replace

from hcs.wording import plural, spaced


@dataclass(frozen=True)
class Words:
    """Names of two columns (y goes with x), of what they are held within (empty: nothing) and of one unit."""

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
