"""Who carries which variant, and what follows for each line: eligible, not eligible, or undetermined.

Any carried allele of a pathogenic variant excludes its line, whatever its copies and the gene's inheritance;
zygosity is told. A no-call, a call that failed its filter, or rows that contradict each other leave it
undetermined whether the line carries the variant.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hcs.design.eligibility import columns as c
from hcs.design.eligibility.predictors import NOT_KNOWN, YES
from hcs.design.eligibility.repeats import Repeats
from hcs.design.eligibility.rows import Codes
from hcs.design.eligibility.rule import Rule
from hcs.design.eligibility.verdicts import PATHOGENIC, UNDETERMINED
from hcs.wording import counted
from hcs_plates.eligibility import ELIGIBILITY, ELIGIBLE, NOT_ELIGIBLE, REASON
from hcs_plates.eligibility import UNDETERMINED as LINE_UNDETERMINED

CARRIED, OPEN, NOT_CARRIED = "carried", "not known", "not carried"
CONTRADICTS = "contradicts itself"
_PASSED = frozenset({"pass", "passed", ".", "", "ok", "none"})
_SHOWN = 3


def carriers(table: pd.DataFrame, codes: Codes, rule: Rule) -> pd.DataFrame:
    """Give each line's call of each variant.

    Parameters
    ----------
    table
        Variant table; rows without a line are nobody's.
    codes
        Variant of each row.

    Returns
    -------
    DataFrame
        A row per line and variant, in the order of the table: line, code, zygosity (`columns.ZYGOSITIES`,
        `no call` or `contradicts itself`), filter (what the call failed; missing if nothing), carried
        (`carried`, `not known` or `not carried`).
    """
    rows = pd.DataFrame(
        {"line": table[c.LINE], "code": codes, "zygosity": table[c.ZYGOSITY], "filter": table[c.FILTER]}
    )
    rows = rows[rows["line"].notna()].drop_duplicates()
    rows["zygosity"] = rows["zygosity"].astype(object).where(rows["zygosity"].notna(), "no call")
    failed = ~rows["filter"].astype(object).where(rows["filter"].notna(), "").str.casefold().isin(_PASSED)
    rows["filter"] = rows["filter"].astype(object).where(failed, None)
    pairs = rows.groupby(["line", "code"], sort=False)
    zygosity = pairs["zygosity"].agg(["first", "nunique"])
    made = pd.DataFrame({"zygosity": zygosity["first"], "filter": pairs["filter"].first()})
    # A call that passed in one row passed.
    made["filter"] = made["filter"].where(pairs["filter"].count() == pairs.size(), None)
    several = made.index[zygosity["nunique"] > 1]
    if len(several):
        said = rows.set_index(["line", "code"]).loc[several].groupby(level=[0, 1])["zygosity"].agg(set)
        made.loc[several, "zygosity"] = [_agreed(said[pair]) for pair in several]
    made = made.reset_index()
    unsure = made["zygosity"].isin(["no call", CONTRADICTS])
    if rule.variants.filtered == "undetermined":
        unsure |= made["filter"].notna() & (made["zygosity"] != c.REFERENCE)
    none = (made["zygosity"] == c.REFERENCE) & ~unsure
    made["carried"] = np.select([unsure, none], [OPEN, NOT_CARRIED], CARRIED)
    return made


def _agreed(kinds: AbstractSet[str]) -> str:
    """Give what rows that say different things of one call agree on."""
    if kinds & {c.REFERENCE, "no call"}:
        return CONTRADICTS
    known = set(kinds) - {c.UNKNOWN}
    return known.pop() if len(known) == 1 else c.UNKNOWN


@dataclass(frozen=True)
class KnownLines:
    """What is known of lines beside their variants.

    Parameters
    ----------
    names
        Lines, in order.
    sequenced
        Whether each was sequenced, as far as it is said or seen.
    repeats
        Their repeats of C9orf72.
    absent
        Lines that are said to be sequenced and are no sample of the VCF files, which are all that was given.
    donors
        Donor of each line whose donor is known and that is not one of an isogenic pair.
    """

    names: tuple[str, ...]
    sequenced: Mapping[str, bool]
    repeats: Repeats
    absent: frozenset[str] = frozenset()
    donors: Mapping[str, str] = field(default_factory=dict)


def judge_lines(calls: pd.DataFrame, variants: pd.DataFrame, lines: KnownLines, rule: Rule) -> pd.DataFrame:
    """Judge lines.

    Parameters
    ----------
    calls
        As `carriers` gives them.
    variants
        As `hcs.design.eligibility.verdicts.judge_variants` gives them, by code.

    Returns
    -------
    DataFrame
        clone, eligibility, eligibility_reason, n_pathogenic (carried), n_undetermined (of the variant or the
        call), c9orf72_repeats (as written).
    """
    verdict = variants["verdict"].to_numpy(dtype=object)[calls["code"]]
    bad = calls[(verdict == PATHOGENIC) & (calls["carried"] == CARRIED)]
    open_ = calls[
        ((verdict == PATHOGENIC) & (calls["carried"] == OPEN))
        | ((verdict == UNDETERMINED) & (calls["carried"] != NOT_CARRIED))
    ]
    by_line = {
        name: (bad[bad["line"] == name], open_[open_["line"] == name])
        for name in {*bad["line"], *open_["line"]}
    }
    nothing = calls.iloc[:0]
    rows = []
    for name in lines.names:
        carried, unsure = by_line.get(name, (nothing, nothing))
        said, why = _verdict(name, carried, unsure, variants, lines, rule)
        count = lines.repeats.texts.get(name)
        rows.append((name, said, why, len(carried), len(unsure), count))
    columns = ["clone", ELIGIBILITY, REASON, "n_pathogenic", "n_undetermined", "c9orf72_repeats"]
    return pd.DataFrame(rows, columns=columns).astype({"c9orf72_repeats": "str"})


def _verdict(
    name: str,
    carried: pd.DataFrame,
    unsure: pd.DataFrame,
    variants: pd.DataFrame,
    lines: KnownLines,
    rule: Rule,
) -> tuple[str, str]:
    """Verdict on a line, and why; what excludes it comes before what is not known."""
    repeats = lines.repeats
    reading, threshold = repeats.readings.get(name, NOT_KNOWN), rule.repeats.threshold
    against = []
    if len(carried):
        against.append(_told(carried, variants))
    if reading == YES:
        against.append(f"C9orf72 expanded: {repeats.texts[name]} ({threshold} repeats or more)")
    if against:
        return NOT_ELIGIBLE, "; ".join(against)
    doubts = []
    if not lines.sequenced.get(name, False):
        known = name in lines.sequenced
        doubts.append("not sequenced" if known else "no variant, and not said to have been sequenced")
    if name in lines.absent:
        doubts.append("said to be sequenced, and no sample of the VCF files")
    if len(unsure):
        doubts.append(_told(unsure, variants))
    if reading == NOT_KNOWN and rule.repeats.required:
        text = repeats.texts.get(name)
        doubts.append(f"C9orf72 repeats not known{'' if text is None else f' ({text})'}")
    if doubts:
        return LINE_UNDETERMINED, "; ".join(doubts)
    told = f"C9orf72 {repeats.texts[name]}" if name in repeats.texts else "C9orf72 repeats not asked for"
    return ELIGIBLE, f"no pathogenic variant found; {told}"


def _told(calls: pd.DataFrame, variants: pd.DataFrame) -> str:
    """Name calls with their variants' reasons, the first few of many."""
    said = [_call(call, variants.iloc[int(call["code"])]) for call in calls.head(_SHOWN).to_dict("records")]
    if len(calls) > _SHOWN:
        said.append(f"{counted(len(calls) - _SHOWN, 'further variant')}")
    return "; ".join(said)


def _call(call: Mapping[object, object], variant: pd.Series) -> str:
    """Name one call: variant, copies, what makes it doubtful, the variant's verdict and why."""
    gene = variant[c.GENE] if pd.notna(variant[c.GENE]) else "a gene not known"
    change = next((variant[name] for name in (c.HGVS_P, c.HGVS_C) if pd.notna(variant[name])), None)
    place = variant["variant"]
    build = "" if pd.isna(variant[c.BUILD]) else f"{variant[c.BUILD]} "
    where = place if change is None or str(place).endswith(str(change)) else f"{change}, {build}{place}"
    failed = "" if call["filter"] is None else f", failed {call['filter']}"
    verb = "carries" if call["carried"] == CARRIED else "may carry"
    return f"{verb} {gene} {where} ({call['zygosity']}{failed}), {variant['verdict']}: {variant['reason']}"
