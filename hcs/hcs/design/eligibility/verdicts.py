"""Each variant held against the rule: pathogenic, not pathogenic, or undetermined, with the reason.

A variant is one however many transcripts, lines or spellings it stands in. Of what its rows in listed genes
say of it the most severe that is known counts: the highest CADD, one damaging word of a predictor. Where
frequencies contradict each other over the limit they are not known; ClinVar's terms are taken together. Each
part is yes, no, or not known, and is decided as far as whatever is missing could not change it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.design.eligibility import clinvar
from hcs.design.eligibility import columns as c
from hcs.design.eligibility.frequencies import Rarity, rarity
from hcs.design.eligibility.predictors import NO, NOT_KNOWN, YES, Readings, damaging, read_texts
from hcs.design.eligibility.rows import (
    Codes,
    all_true,
    either_true,
    highest,
    joined_texts,
    largest,
    listed_genes,
    passed_over,
)
from hcs.design.eligibility.rule import PREDICTORS, Rule
from hcs.wording import listed

PATHOGENIC, NOT_PATHOGENIC, UNDETERMINED = "pathogenic", "not pathogenic", "undetermined"
_VERDICTS = {YES: PATHOGENIC, NO: NOT_PATHOGENIC, NOT_KNOWN: UNDETERMINED}
_READINGS = {YES: "damaging", NO: "not damaging", NOT_KNOWN: "not known"}
_RARE = {YES: "rare", NO: "too frequent", NOT_KNOWN: "not known"}
_CLASSES = (None, clinvar.PATHOGENIC, clinvar.BENIGN, clinvar.UNCERTAIN, clinvar.CONFLICTING, clinvar.OTHER)
_SHOWN = (c.GENE, c.TRANSCRIPT, c.HGVS_C, c.HGVS_P, c.CONSEQUENCE, c.RSID, c.CLINVAR)


@dataclass(frozen=True)
class Judged:
    """Variants after they were judged.

    Parameters
    ----------
    variants
        A row a variant: what it is, every predictor's text and reading, frequencies (the highest over its
        rows), ClinVar, verdict, reason, conflict.
    sources
        Populations whose frequencies counted.
    notices
        Texts that could not be read, sources that did not count.
    """

    variants: pd.DataFrame
    sources: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Parts:
    """Parts of the verdict on each variant, arrays of shape (n,) of readings."""

    gene: Readings
    passed: npt.NDArray[np.bool_]
    said: Mapping[str, Readings]
    damaging: Readings
    rarity: Rarity
    classes: npt.NDArray[np.int8]

    def ruled(self) -> Readings:
        """Say whether predictors and frequencies together make a variant pathogenic."""
        return _both(self.damaging, self.rarity.readings)

    def verdict(self, rule: Rule) -> Readings:
        """Put the parts together; the gene last, since nothing counts outside the list."""
        found = np.where(self.passed, NO, self.ruled())
        of = {name: self.classes == _CLASSES.index(name) for name in _CLASSES}
        if rule.clinvar.conflicting == "undetermined":
            found = np.where(of[clinvar.CONFLICTING] & (found == NO), NOT_KNOWN, found)
        if rule.clinvar.benign == "counts":
            found = np.where(of[clinvar.BENIGN], NO, found)
        if rule.clinvar.pathogenic == "counts":
            found = np.where(of[clinvar.PATHOGENIC], YES, found)
        return _both(self.gene, found.astype(np.int8))


def judge_variants(table: pd.DataFrame, codes: Codes, names: Sequence[str], rule: Rule) -> Judged:
    """Judge variants.

    Parameters
    ----------
    table
        Variant table (`hcs.design.eligibility.columns`), one row or more a variant.
    codes
        Variant of each row, counted from 0.
    names
        Name of each variant.
    rule
        The rule.
    """
    n = len(names)
    own = listed_genes(table[c.GENE], rule.genes_folded)
    gene = largest(own, codes, n)
    relevant = own == gene[codes]
    said, notices = {}, []
    for predictor in rule.predictors.used:
        read = read_texts(table[predictor], predictor, rule.predictors)
        notices += read.told(predictor)
        said[predictor] = largest(np.where(relevant, read.readings, NOT_KNOWN), codes, n)
    texts = (*_SHOWN, c.SIFT, c.POLYPHEN2, c.MUTATIONTASTER)
    shown: dict[str, Sequence[object]] = {
        name: joined_texts(table[name].where(relevant), codes, n) for name in texts
    }
    shown[c.CADD] = highest(table[c.CADD].where(relevant), codes, n)
    # ClinVar classifies the allele, whatever the transcript.
    classified = joined_texts(table[c.CLINVAR], codes, n)
    classes, told = clinvar.read_clinvar(classified)
    shown[c.CLINVAR] = classified
    found = rarity(table, codes, n, rule.frequency)
    over = passed_over(table[c.CONSEQUENCE], rule.variants.passed_over)
    parts = _Parts(
        gene=gene,
        passed=all_true(over | ~relevant, codes, n) & either_true(over, codes, n),
        said=said,
        damaging=damaging(said.values(), rule.predictors.damaging),
        rarity=found,
        classes=np.array([_CLASSES.index(one) for one in classes], dtype=np.int8),
    )
    variants = _table(table, codes, names, shown, parts, rule)
    variants["conflict"] = _conflicts(parts, _contradicted(table, codes, n, found))
    return Judged(variants, found.sources, tuple(dict.fromkeys([*notices, *told, *found.notices])))


def _both(one: Readings, other: Readings) -> Readings:
    """Yes where both are, no where either is."""
    found = np.select([(one == NO) | (other == NO), (one == YES) & (other == YES)], [NO, YES], NOT_KNOWN)
    return found.astype(np.int8)


def _table(
    table: pd.DataFrame,
    codes: Codes,
    names: Sequence[str],
    shown: Mapping[str, Sequence[object]],
    parts: _Parts,
    rule: Rule,
) -> pd.DataFrame:
    """Lay out what is known of every variant."""
    _, first = np.unique(codes, return_index=True)
    made = pd.DataFrame({"variant": pd.Series(list(names), dtype=object)})
    for name in (c.BUILD, c.CHROM, c.POS, c.REF, c.ALT):
        made[name] = table[name].array[first]
    for name in _SHOWN:
        made[name] = pd.Series(shown[name], dtype=object)
    for name in PREDICTORS:
        made[name] = pd.Series(shown[name], dtype=float if name == c.CADD else object)
        if name in parts.said:
            made[f"{name}_reading"] = pd.Series(parts.said[name]).map(_READINGS)
    counts = np.stack(list(parts.said.values()))
    made["n_damaging"], made["n_not_known"] = (counts == YES).sum(axis=0), (counts == NOT_KNOWN).sum(axis=0)
    made = pd.concat([made, parts.rarity.highest], axis=1)
    made["frequency"] = pd.Series(parts.rarity.readings).map(_RARE)
    made["clinvar_class"] = pd.Series([_CLASSES[code] for code in parts.classes], dtype=object)
    verdict = parts.verdict(rule)
    made["verdict"] = pd.Series(verdict).map(_VERDICTS)
    made["reason"] = _reasons(parts, verdict, rule)
    return made


def _reasons(parts: _Parts, verdict: Readings, rule: Rule) -> pd.Series:
    """Say of each variant why; variants with the same parts have the same reason."""
    columns = [verdict, parts.gene, parts.passed.astype(np.int8), parts.classes, *parts.said.values()]
    keys = np.column_stack([*columns, parts.damaging, parts.rarity.readings, parts.rarity.rare])
    kinds, which = np.unique(keys, axis=0, return_inverse=True)
    texts = np.array([_reason(kind.tolist(), list(parts.said), parts.rarity.sources, rule) for kind in kinds])
    return pd.Series(texts[which.reshape(-1)], dtype=object)


def _reason(kind: list[int], predictors: list[str], sources: Sequence[str], rule: Rule) -> str:
    """Say why a variant of these parts has its verdict."""
    verdict, gene, passed, code, *rest = kind
    n = len(predictors)
    said, harm, rare, each = rest[:n], rest[n], rest[n + 1], rest[n + 2 :]
    word, least = _CLASSES[code], rule.predictors.damaging
    if gene == NO:
        return "its gene is not in the list"
    by = {
        value: [PREDICTORS[name] for name, one in zip(predictors, said, strict=True) if one == value]
        for value in (YES, NO, NOT_KNOWN)
    }
    of = {
        value: [name for name, one in zip(sources, each, strict=True) if one == value]
        for value in (YES, NO, NOT_KNOWN)
    }
    parts = []
    if word in (clinvar.PATHOGENIC, clinvar.BENIGN) and getattr(rule.clinvar, word) == "counts":
        parts.append(f"ClinVar: {word}")
    if passed:
        parts.append("its consequence is passed over by the rule")
    known, blank = by[YES] or by[NO], f"{listed(by[NOT_KNOWN])} not known"
    if known:
        parts.append(f"damaging by {listed(by[YES])}" if by[YES] else "damaging by no predictor")
    if harm == NO:
        parts[-1] += f", and {least} are needed" if least > 1 else ""
    if by[NOT_KNOWN] and harm != YES:
        parts.append(blank)
    if rare == NO:
        parts.append(f"more frequent than {rule.frequency.most:g} in {listed(of[NO])}")
    elif rare == YES:
        parts.append(f"at most {rule.frequency.most:g} in {listed(of[YES])}")
    else:
        lacking = listed(of[NOT_KNOWN])
        parts.append(f"frequency in {lacking} not known" if lacking else "no frequency is given")
    if word == clinvar.CONFLICTING and rule.clinvar.conflicting == "undetermined" and verdict == NOT_KNOWN:
        parts.append("ClinVar's classifications conflict")
    if gene == NOT_KNOWN:
        parts.insert(0, "its gene is not known")
    return "; ".join(parts)


def _contradicted(table: pd.DataFrame, codes: Codes, n: int, found: Rarity) -> list[list[str]]:
    """Name the annotations of each variant of which its rows, of one transcript, say different things."""
    told: list[list[str]] = [[] for _ in range(n)]
    for name in PREDICTORS:
        pairs = pd.DataFrame({"code": codes, "transcript": table[c.TRANSCRIPT], "text": table[name]})
        pairs = pairs[pairs["text"].notna()].drop_duplicates()
        keys = ["code"] if name == c.CADD else ["code", "transcript"]
        several = pairs[keys].drop_duplicates().shape[0] < len(pairs.drop_duplicates([*keys, "text"]))
        if several:
            counts = pairs.groupby(keys, dropna=False)["text"].nunique()
            for code in counts[counts > 1].index.get_level_values("code").unique():
                told[code].append(PREDICTORS[name])
    differ = (found.lowest != found.highest) & found.lowest.notna()
    for name in differ:
        for code in np.flatnonzero(differ[name]):
            told[code].append(f"frequency in {str(name).removeprefix(c.FREQUENCY)}")
    return told


def _conflicts(parts: _Parts, contradicted: list[list[str]]) -> pd.Series:
    """Name what speaks against each other; missing where nothing does."""
    ruled, made = parts.ruled(), []
    for code, rule_says, annotations in zip(parts.classes, ruled, contradicted, strict=True):
        word, said = _CLASSES[code], []
        if word == clinvar.PATHOGENIC and rule_says == NO:
            said.append("ClinVar says pathogenic, predictors or frequencies do not")
        if word == clinvar.BENIGN and rule_says == YES:
            said.append("ClinVar says benign, predictors and frequencies do not")
        if word == clinvar.CONFLICTING:
            said.append("ClinVar's classifications conflict")
        if annotations:
            said.append(f"rows differ on {listed(annotations)}")
        made.append("; ".join(said) or None)
    return pd.Series(made, dtype=object)
