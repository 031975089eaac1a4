"""How many copies of a variant a line has, read from a word or from a genotype."""

import re
from collections.abc import Mapping

from hcs.design.eligibility.columns import HEMI, HET, HOM, REFERENCE, UNKNOWN

NO_CALL = "no call"
"""A genotype that was asked for and could not be told; in the table of variants it is a missing value."""

_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("het", "heterozygous", "heterozygote", "hetero"), HET),
    **dict.fromkeys(("hom", "homo", "homozygous", "homozygote", "hom alt", "homozygous alt"), HOM),
    **dict.fromkeys(("hemi", "hemizygous", "hemizygote"), HEMI),
    **dict.fromkeys(
        ("ref", "reference", "hom ref", "homref", "homozygous reference", "wt", "wild type", "wildtype"),
        REFERENCE,
    ),
    **dict.fromkeys(("no call", "nocall", "not called", "missing"), NO_CALL),
    **dict.fromkeys(("unknown", "not known", "n.d.", "nd", "?"), UNKNOWN),
}
_INDEXED = re.compile(r"[\d.]+(?:[/|][\d.]+)*")
_LETTERS = re.compile(r"(?:[ACGTN]+|[-.])(?:[/|](?:[ACGTN]+|[-.]))*", re.IGNORECASE)


def zygosity(text: str | None, ref: str | None, alt: str | None, number: int = 1, of: int = 1) -> str | None:
    """Read the copies of an allele from a word, or a genotype in numbers (0/1) or bases (A/G).

    Parameters
    ----------
    text
        As written; None is `UNKNOWN`, since a row without zygosity still lists its variant.
    ref, alt
        The alleles.
    number, of
        Which of the site's alternate alleles `alt` is, from 1, and how many there are: a genotype that counts
        further is of another list of alleles, and does not tell this one's copies.

    Returns
    -------
    str or None
        One of `hcs.design.eligibility.columns.ZYGOSITIES` or `NO_CALL`; None for what cannot be read.

    Examples
    --------
    >>> zygosity("0/1", "A", "G"), zygosity("1|2", "A", "T", 2, 2), zygosity("G/G", "A", "G")
    ('het', 'het', 'hom')
    >>> zygosity("1", "A", "G"), zygosity(None, "A", "G")
    ('hemi', 'unknown')
    >>> zygosity("0/2", "A", "G")
    'unknown'
    >>> zygosity("./.", "A", "G"), zygosity("Wild-type", "A", "G"), zygosity("most", "A", "G")
    ('no call', 'ref', None)
    """
    if text is None:
        return UNKNOWN
    word = _WORDS.get(" ".join(re.split(r"[\s_-]+", text.casefold().strip())))
    if word is not None:
        return word
    if _INDEXED.fullmatch(text):
        alleles = re.split(r"[/|]", text)
        if any(one.isdecimal() and int(one) > of for one in alleles):
            return UNKNOWN
        return _copies(alleles, str(number))
    if _LETTERS.fullmatch(text) and alt is not None:
        return _copies(re.split(r"[/|]", text.upper()), alt)
    return None


def _copies(alleles: list[str], own: str) -> str:
    """Say what an allele's copies among those of a genotype are."""
    n = alleles.count(own)
    if "." in alleles:
        # One of two is there for certain; whether both are is not known.
        return UNKNOWN if n else NO_CALL
    if not n:
        return REFERENCE
    if len(alleles) == 1:
        return HEMI
    return HOM if n == len(alleles) else HET


def called_alternates(text: str | None, ref: str | None) -> str | None:
    """Alternate alleles that a genotype in bases holds, parted by commas; None where it holds none.

    Examples
    --------
    >>> called_alternates("A/G", "A"), called_alternates("G/T", "A"), called_alternates("A/A", "A")
    ('G', 'G,T', None)
    """
    if text is None or ref is None or not _LETTERS.fullmatch(text):
        return None
    found = dict.fromkeys(one for one in re.split(r"[/|]", text.upper()) if one not in (ref.upper(), "."))
    return ",".join(found) or None
