"""What predictors say of a variant, read from their own words and scores: damaging, not damaging, not known.

Words and limits: SIFT (Ng & Henikoff, Nucleic Acids Res 2003;31:3812: damaging up to 0.05), PolyPhen-2
(Adzhubei et al., Nat Methods 2010;7:248: probably and possibly damaging), MutationTaster (Schwarz et al., Nat
Methods 2014;11:361: A and D cause disease, N and P are polymorphisms), CADD (Rentzsch et al., Nucleic Acids
Res 2019;47:D886: PHRED-like score). Letters are those of dbNSFP and ANNOVAR, long words those of VEP. What is
written otherwise is not known, and told.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.design.eligibility.columns import CADD, MUTATIONTASTER, POLYPHEN2, SIFT
from hcs.design.eligibility.rule import PREDICTORS, PredictorsSettings
from hcs.wording import listed
from hcs_plates.columns import NUMBER
from hcs_plates.numbers import MARKS

NOT_KNOWN, NO, YES = 0, 1, 2
"""Readings, so ordered that the largest over transcripts is the most severe that is known."""
Readings = npt.NDArray[np.int8]

_POSSIBLY, _LOW_YES, _LOW_NO = 10, 11, 12
_WORDS: Mapping[str, Mapping[str, int]] = {
    SIFT: {
        **dict.fromkeys(("deleterious", "damaging", "d", "affects protein function", "not tolerated"), YES),
        **dict.fromkeys(("tolerated", "t", "tolerant", "benign", "neutral"), NO),
        **dict.fromkeys(("deleterious low confidence", "damaging low confidence"), _LOW_YES),
        "tolerated low confidence": _LOW_NO,
    },
    POLYPHEN2: {
        **dict.fromkeys(("probably damaging", "damaging", "d"), YES),
        **dict.fromkeys(("possibly damaging", "p"), _POSSIBLY),
        **dict.fromkeys(("benign", "b"), NO),
        **dict.fromkeys(("unknown", "u"), NOT_KNOWN),
    },
    MUTATIONTASTER: {
        **dict.fromkeys(("disease causing automatic", "disease causing", "a", "d", "deleterious"), YES),
        **dict.fromkeys(("polymorphism automatic", "polymorphism", "n", "p", "benign"), NO),
    },
}
_BETWEEN = re.compile(r"[;|&]|,(?![^()]*\))")
_WITH_BRACKETS = re.compile(r"([^()]*)\(([^()]*)\)")
_DECIMAL_COMMA = re.compile(r"\d*,\d+")


@dataclass(frozen=True)
class ReadTexts:
    """Texts of one predictor, read.

    Parameters
    ----------
    readings
        Array of shape (n,): `YES`, `NO` or `NOT_KNOWN` of each.
    unread
        Texts that say something which could not be read; they count as not known.
    """

    readings: Readings
    unread: tuple[str, ...]

    def told(self, predictor: str) -> list[str]:
        """Say which texts could not be read."""
        if not self.unread:
            return []
        shown = listed(map(repr, self.unread))
        return [f"{PREDICTORS[predictor]} says {shown}, which is no word of it; it counts as not known."]


def read_texts(texts: pd.Series, predictor: str, rule: PredictorsSettings) -> ReadTexts:
    """Read a predictor's texts, or CADD's numbers; missing ones are not known.

    Several words in one text (``D;T;.``: a word for each transcript) are the most severe of those known.

    Examples
    --------
    >>> said = pd.Series(["deleterious(0.01)", "T;.;D", "0.05", "?!", None])
    >>> found = read_texts(said, "sift", PredictorsSettings())
    >>> found.readings.tolist(), found.unread
    ([2, 2, 2, 0, 0], ('?!',))
    """
    if predictor == CADD:
        scores = texts.to_numpy(dtype=float, na_value=np.nan)
        codes = np.where(np.isnan(scores), NOT_KNOWN, np.where(scores >= rule.cadd, YES, NO))
        return ReadTexts(codes.astype(np.int8), ())
    codes, values = pd.factorize(texts.astype(object))
    read = [_of_text(str(value), predictor, rule) for value in values]
    found = np.array([*(NOT_KNOWN if code is None else code for code in read), NOT_KNOWN], dtype=np.int8)
    unread = (str(value) for value, code in zip(values, read, strict=True) if code is None)
    return ReadTexts(found[codes], tuple(unread))


def _of_text(text: str, predictor: str, rule: PredictorsSettings) -> int | None:
    """Read one text; None where nothing in it is known and something cannot be read."""
    # One number with a decimal comma, or two numbers: it cannot be told.
    parts = [text] if _DECIMAL_COMMA.fullmatch(text.strip()) else _BETWEEN.split(text)
    read = [_of_part(part, predictor, rule) for part in parts if part.strip().casefold() not in MARKS]
    known = [code for code in read if code is not None]
    if None in read and YES not in known:
        # What cannot be read may be worse than what can.
        return None
    return max(known, default=NOT_KNOWN)


def _of_part(part: str, predictor: str, rule: PredictorsSettings) -> int | None:
    """Read a word, a score, or a word with its score in brackets; None where it is none of them."""
    bracketed = _WITH_BRACKETS.fullmatch(part.strip())
    word, score = (bracketed[1], bracketed[2]) if bracketed else (part, "")
    if re.fullmatch(NUMBER, word.strip()):
        word, score = score, word
    spelt = " ".join(re.findall(r"[a-z0-9.]+", word.casefold()))
    if not spelt:
        return _of_score(score.strip(), predictor, rule)
    code = _WORDS[predictor].get(spelt)
    if code == _POSSIBLY:
        return YES if rule.possibly_damaging else NO
    if code in (_LOW_YES, _LOW_NO):
        counts = rule.sift_low_confidence == "counts"
        return (YES if code == _LOW_YES else NO) if counts else NOT_KNOWN
    return code


def _of_score(score: str, predictor: str, rule: PredictorsSettings) -> int | None:
    """Read a score without a word; MutationTaster's is the certainty of its word, and says nothing alone."""
    if not re.fullmatch(NUMBER, score) or predictor == MUTATIONTASTER or not 0 <= float(score) <= 1:
        return None
    value = float(score)
    damaging = value <= rule.sift if predictor == SIFT else value >= rule.polyphen2
    return YES if damaging else NO


def damaging(readings: Iterable[Readings], least: int) -> Readings:
    """Say of variants whether at least so many predictors call them damaging.

    With k that say so and u not known: damaging if k reaches `least`, not damaging if k + u does not, and not
    known in between.

    Examples
    --------
    >>> damaging([np.array([2, 2, 1, 1]), np.array([2, 1, 0, 1]), np.array([0, 0, 0, 0])], 2).tolist()
    [2, 0, 0, 1]
    """
    said = np.stack(list(readings))
    sure, open_ = (said == YES).sum(axis=0), (said == NOT_KNOWN).sum(axis=0)
    return np.select([sure >= least, sure + open_ < least], [YES, NO], NOT_KNOWN).astype(np.int8)
