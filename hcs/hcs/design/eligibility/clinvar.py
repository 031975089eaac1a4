"""ClinVar's classification of a variant, in one word.

Terms are those of ClinVar (https://www.ncbi.nlm.nih.gov/clinvar/docs/clinsig/), with the numbers and words
that dbSNP and older VCF files of ClinVar had for them.
"""

import re
from collections.abc import Mapping, Sequence

from hcs.wording import listed

PATHOGENIC, BENIGN, UNCERTAIN, CONFLICTING, OTHER = (
    "pathogenic",
    "benign",
    "uncertain",
    "conflicting",
    "other",
)
_KINDS: Mapping[str, str] = {
    PATHOGENIC: "pathogenic; likely pathogenic; probable pathogenic; p; lp; 4; 5",
    BENIGN: "benign; likely benign; non pathogenic; probable non pathogenic; b; lb; 2; 3",
    UNCERTAIN: "uncertain significance; variant of uncertain significance; uncertain; unknown; vus; 0",
    CONFLICTING: "conflicting interpretations of pathogenicity; conflicting classifications of "
    "pathogenicity; conflicting data from submitters; conflicting",
    OTHER: "affects; association; association not found; confers sensitivity; drug response; risk factor; "
    "protective; likely risk allele; established risk allele; uncertain risk allele; low penetrance; other; "
    "not provided; untested; no classification; no classification for the single variant; "
    "no classifications from unflagged records; no interpretation for the single variant; "
    "histocompatibility; 1; 6; 7; 255",
}
_TERMS = {term: kind for kind, terms in _KINDS.items() for term in terms.split("; ")}
_MISSING = frozenset({"", ".", "-", "na", "n/a", "nan", "none", "null"})


def classification(text: str) -> str | None:
    """Give one word for a text of one or several terms; None where a term is none of ClinVar's.

    Pathogenic and likely pathogenic are pathogenic, benign and likely benign are benign; terms of two kinds
    are conflicting, as ClinVar itself calls them. Terms beside the classification (risk factor) add nothing.

    Examples
    --------
    >>> classification("Pathogenic/Likely_pathogenic"), classification("Benign|Uncertain_significance")
    ('pathogenic', 'conflicting')
    >>> classification("Pathogenic, low penetrance; risk factor"), classification("RCV000015876") is None
    ('pathogenic', True)
    """
    parts = (re.sub(r"\(.*?\)", "", part) for part in re.split(r"[/|;&,]", text))
    terms = [" ".join(re.findall(r"[a-z0-9]+", part.casefold())) for part in parts]
    words = [_TERMS.get(term) for term in terms if term not in _MISSING]
    if None in words or not words:
        return None
    kinds = {word for word in words if word != OTHER}
    if len(kinds) > 1:
        return CONFLICTING
    return kinds.pop() if kinds else OTHER


def read_clinvar(texts: Sequence[str | None]) -> tuple[list[str | None], list[str]]:
    """Classifications of texts, None where there is none; and sentences on texts that could not be read."""
    said = {text: classification(text) for text in dict.fromkeys(texts) if text is not None}
    unread = [text for text, word in said.items() if word is None]
    told = f"ClinVar says {listed(map(repr, unread))}, which is no classification; it adds nothing."
    return [None if text is None else said[text] for text in texts], [told] if unread else []
