"""Whether a well's clone may take part by what was decided of its line before the experiment."""

import pandas as pd

ELIGIBILITY, REASON = "eligibility", "eligibility_reason"
"""Columns of a platemap, or of a table of lines: the verdict, and why."""
ELIGIBLE, NOT_ELIGIBLE, UNDETERMINED = "eligible", "not eligible", "undetermined"
VERDICTS = (ELIGIBLE, NOT_ELIGIBLE, UNDETERMINED)


def spelt_verdict(cell: str) -> str | None:
    """Spell a verdict as hcs does: case, hyphens and underscores do not count; None for what is no verdict.

    Examples
    --------
    >>> spelt_verdict("Not_eligible"), spelt_verdict("yes")
    ('not eligible', None)
    """
    spelt = " ".join(cell.casefold().replace("_", " ").replace("-", " ").split())
    return spelt if spelt in VERDICTS else None


def verdicts(wells: pd.DataFrame) -> pd.Series:
    """Verdict on each row's clone, missing where there is none to give.

    Where the column is given, a row with a clone and no verdict, or one that cannot be read, is undetermined.
    Wells without a clone, such as controls, have no eligibility.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": ["c1", "c2", None], "eligibility": ["Eligible", None, None]})
    >>> verdicts(wells).tolist()
    ['eligible', 'undetermined', None]
    """
    if ELIGIBILITY not in wells:
        return pd.Series([None] * len(wells), index=wells.index, dtype=object)
    samples = wells["clone"].notna() if "clone" in wells else pd.Series(False, index=wells.index)
    cells = wells[ELIGIBILITY].astype(object).where(wells[ELIGIBILITY].notna(), "")
    words = {cell: spelt_verdict(str(cell)) or UNDETERMINED for cell in cells.unique()}
    said = [
        words[cell] if str(cell).strip() or sample else None
        for cell, sample in zip(cells, samples, strict=True)
    ]
    return pd.Series(said, index=wells.index, dtype=object)


def ineligible(wells: pd.DataFrame) -> pd.Series:
    """Whether each row's clone may not take part: not eligible, or undetermined.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": ["c1", "c2"], "eligibility": ["eligible", "not eligible"]})
    >>> ineligible(wells).tolist()
    [False, True]
    """
    said = verdicts(wells)
    return (said.notna() & (said != ELIGIBLE)).astype(bool)


def ineligible_reasons(wells: pd.DataFrame) -> pd.Series:
    """Say of every row whose clone may not take part why; of others None.

    Examples
    --------
    >>> said = {"eligibility": ["not eligible", None], "eligibility_reason": ["SOD1", None]}
    >>> ineligible_reasons(pd.DataFrame({"clone": ["c1", "c2"], **said})).tolist()
    ['not eligible: SOD1', 'eligibility undetermined: no verdict on its clone']
    """
    if ELIGIBILITY not in wells:
        return pd.Series([None] * len(wells), index=wells.index, dtype=object)
    given = wells[REASON] if REASON in wells else pd.Series([None] * len(wells), index=wells.index)
    told: list[str | None] = []
    for said, cell, reason in zip(verdicts(wells), wells[ELIGIBILITY], given, strict=True):
        if said is None or said == ELIGIBLE:
            told.append(None)
            continue
        word = "not eligible" if said == NOT_ELIGIBLE else "eligibility undetermined"
        why = "no verdict on its clone" if pd.isna(cell) and pd.isna(reason) else reason
        told.append(word if pd.isna(why) else f"{word}: {why}")
    return pd.Series(told, index=wells.index, dtype=object)
