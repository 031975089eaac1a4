"""What a study tells apart: the label, its two classes, and what n counts."""

from dataclasses import dataclass

import pandas as pd

from hcs.wording import plural, spaced


@dataclass(frozen=True)
class Classes:
    """Two classes of a label, and the noun of what bears it.

    Parameters
    ----------
    positive
        The class whose probability scores are.
    negative
        The class it is told from.
    label
        Column of the wells table that holds both.
    noun
        What one unit of evidence is called.

    Examples
    --------
    >>> classes = Classes("ALS", "control", noun="clone")
    >>> classes.both, classes.nouns, classes.label
    (('ALS', 'control'), 'clones', 'diagnosis')
    """

    positive: str
    negative: str
    label: str = "diagnosis"
    noun: str = "clone"

    @property
    def both(self) -> tuple[str, str]:
        """The positive class and the negative one."""
        return self.positive, self.negative

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows of the two classes, numbered anew, of a table with a column called label."""
        return table[table["label"].astype(str).isin(self.both)].reset_index(drop=True)

    @property
    def nouns(self) -> str:
        """What several units are called."""
        return plural(spaced(self.noun))
