"""Rows of a variant table summed up by variant, and what each row says of its gene and consequence."""

import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.design.eligibility.predictors import NO, NOT_KNOWN, YES, Readings

Codes = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


def largest(values: Readings, codes: Codes, n: int) -> Readings:
    """Give the largest value of each of n variants over its rows: yes before no before not known."""
    found = np.zeros(n, dtype=np.int8)
    np.maximum.at(found, codes, values.astype(np.int8))
    return found


def highest(values: pd.Series, codes: Codes, n: int) -> list[float]:
    """Give the highest number of each of n variants over its rows; NaN for none."""
    found = np.full(n, np.nan)
    np.fmax.at(found, codes, values.to_numpy(dtype=float, na_value=np.nan))
    return list(found)


def all_true(flags: Flags, codes: Codes, n: int) -> Flags:
    """Whether every row of each variant is true."""
    found = np.ones(n, dtype=bool)
    np.logical_and.at(found, codes, flags)
    return found


def either_true(flags: Flags, codes: Codes, n: int) -> Flags:
    """Whether a row of each variant is true."""
    found = np.zeros(n, dtype=bool)
    np.logical_or.at(found, codes, flags)
    return found


def joined_texts(texts: pd.Series, codes: Codes, n: int) -> list[str | None]:
    """Join the different texts of each variant's rows by semicolons, in their order; None for none."""
    there = texts.notna().to_numpy()
    pairs = pd.DataFrame({"code": codes[there], "text": texts[there].astype(str).to_numpy(dtype=object)})
    pairs = pairs.drop_duplicates()
    again = pairs["code"].duplicated(keep=False)
    found: list[str | None] = [None] * n
    for code, text in zip(pairs["code"][~again], pairs["text"][~again], strict=True):
        found[code] = text
    for code, own in pairs[again].groupby("code")["text"]:
        found[int(str(code))] = "; ".join(own)
    return found


def gene_names(text: str) -> set[str]:
    """Give the genes of a text in small letters, without what stands in brackets behind them.

    Examples
    --------
    >>> sorted(gene_names("SOD1(NM_000454:exon3:c.240-1G>A);SCAF4"))
    ['scaf4', 'sod1']
    """
    bare = re.sub(r"\([^()]*\)", "", text)
    return {part.strip().casefold() for part in re.split(r"[;,|&/]", bare)}


def listed_genes(genes: pd.Series, folded: Collection[str]) -> Readings:
    """Say of each row whether its gene, or one of several, is listed; case does not count.

    Examples
    --------
    >>> listed_genes(pd.Series(["SOD1", "SCAF4;sod1", "SETX", None]), {"sod1"}).tolist()
    [2, 2, 1, 0]
    """
    codes, texts = pd.factorize(genes.astype(object))
    wanted = set(folded)
    found = [NO if wanted.isdisjoint(gene_names(str(text))) else YES for text in texts]
    said: Readings = np.array([*found, NOT_KNOWN], dtype=np.int8)[codes]
    return said


def passed_over(consequences: pd.Series, words: Collection[str]) -> Flags:
    """Whether each row's consequences are all among those that the rule passes over.

    Examples
    --------
    >>> said = pd.Series(["intron_variant", "intron_variant&missense_variant", None])
    >>> passed_over(said, ["Intron variant"]).tolist()
    [True, False, False]
    """
    wanted = {_spelt(word) for word in words}
    codes, texts = pd.factorize(consequences.astype(object))
    found = [{_spelt(part) for part in re.split(r"[;,|&]", str(text))} <= wanted for text in texts]
    flags: Flags = np.array([*found, False])[codes]
    return flags


def _spelt(word: str) -> str:
    return " ".join(word.replace("_", " ").casefold().split())
