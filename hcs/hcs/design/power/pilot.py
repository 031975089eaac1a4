"""Scores as a finished study had them: what is expected of a larger one of the same kind, and how surely.

A clone's score is the mean of its images' held-out probabilities, so clones, wells and images add up in it on
that scale, and their shares are told there. How far clones lie apart is told on the logit of that mean, where
it has no bounds and 0 is the threshold of a call.
"""

from dataclasses import replace
from math import sqrt

import numpy as np
import pandas as pd
from scipy.special import logit

from hcs.analysis.clones.isogenic import isogenic_pairs
from hcs.analysis.clones.variance import VarianceComponents, score_components
from hcs.analysis.evidence import Evidence
from hcs.analysis.question import Question
from hcs.answer.result import GroupResult, group_result
from hcs.classifiers.registry import FIRST
from hcs.design.power.expected import Draws, Expected, Parts
from hcs.figures.theme import model_name
from hcs.findings.from_study import study_evidence
from hcs.statistics.anova import RESIDUAL
from hcs.statistics.auc import Z
from hcs.statistics.binormal import Binormal
from hcs.statistics.pivots import normal_draws
from hcs.statistics.pvalues import ALPHA
from hcs.study.folder import StudyResults
from hcs.tables.compared import Classes
from hcs.wording import are, capital, counted, listed, noted, plural, spaced
from hcs_plates.errors import ArgumentError, NotThereError, nearest

LEAST, LEAST_PAIRS = 3, 5
"""Fewest clones of a class, and fewest pairs, that a pilot tells anything from (ours)."""
EDGE = 0.005
"""Mean scores are kept this far from 0 and 1, whose logits have no end (ours)."""


def pilot_expected(
    study: StudyResults, model: str = FIRST, *, pairs: bool = False, correlation: float | None = None
) -> Expected:
    """Read what is expected of clones from a finished study's scores of one model.

    As `expected_of`; a caveat says where labels permuted at random did as well.
    """
    found = expected_of(study_evidence(study), model, pairs=pairs, correlation=correlation)
    permuted = _permuted(study, model)
    return replace(
        found,
        source=f"the {model_name(model)} of the pilot {study.title}",
        caveats=(*found.caveats, *([permuted] if permuted else [])),
    )


def expected_of(
    seen: Evidence, model: str = FIRST, *, pairs: bool = False, correlation: float | None = None
) -> Expected:
    """Tell what is expected of clones from the scores that a study's evidence holds.

    Parameters
    ----------
    seen
        The pilot's tables.
    model
        Whose scores.
    pairs, correlation
        Whether isogenic pairs are planned, and how alike the two of a pair are; told from the pilot's own
        pairs where that is not given.

    Raises
    ------
    ArgumentError
        No such model, too few clones or pairs, scores that do not vary.
    """
    rows = seen.classes.rows(seen.groups[seen.groups["model"] == model]).dropna(subset=["probability"])
    if rows.empty:
        raise ArgumentError(
            f"The pilot has no scores of a model {model!r}; {nearest(model, seen.groups['model'].unique())}"
        )
    labels = rows["label"].astype(str)
    scores = [_logits(rows.loc[labels == name, "probability"]) for name in seen.classes.both]
    _check(scores, seen)
    parts, unknown = _parts(score_components(Question(seen, model=model)), seen.classes.noun)
    alike, limits = _alike(seen, model, rows, correlation) if pairs else (0.0, (0.0, 0.0))
    drawn = normal_draws(scores)
    (high, low), (wide, narrow) = [one.mean() for one in scores], [one.std(ddof=1) for one in scores]
    law = Binormal(float(high), float(low), float(wide), float(narrow), alike)
    result = group_result(rows, model, seen.classes)
    edge = int((rows["probability"].clip(EDGE, 1 - EDGE) != rows["probability"]).sum())
    kept = f"{counted(edge, 'mean score')} nearer to 0 or 1 than {EDGE:g} {are(edge)} taken as that."
    said = noted(
        (unknown, unknown),
        (
            result.auc_low <= 0.5,
            f"The pilot does not tell the classes apart (AUC {result.auc:.2f}, lower limit "
            f"{result.auc_low:.2f}{'; its scores have them the wrong way' if result.auc < 0.5 else ''}).",
        ),
        (edge, kept),
        (
            rows["group"].duplicated().any() and not pairs,
            f"{capital(seen.classes.nouns)} of the pilot hold both classes: as pairs, each would count once.",
        ),
        (
            seen.has("donor") and seen.donors.nunique() < seen.wells["group"].nunique(),
            f"Some donors of the pilot gave several {seen.classes.nouns}, which count as independent here.",
        ),
    )
    return Expected(
        law,
        int(seen.tiles.groupby("group").size().median()),
        int(seen.wells.drop_duplicates(["plate", "well"]).groupby("group").size().median()),
        parts,
        Draws(drawn[0, 0], drawn[1, 0], drawn[0, 1], drawn[1, 1], limits),
        f"the {model_name(model)} of the pilot",
        seen.classes.both,
        seen.classes.noun,
        tuple(said),
        _numbers(result, law, seen.classes),
    )


def _numbers(result: GroupResult, law: Binormal, classes: Classes) -> tuple[tuple[str, float], ...]:
    """Say what the pilot counted, and what the normal scores make of it."""
    shares = zip(classes.both, law.right, strict=True)
    return (
        (classes.nouns, result.n_groups),
        ("called right", result.accuracy),
        ("its lower limit (Wilson)", result.low),
        ("its upper limit (Wilson)", result.high),
        *((f"{spaced(name)} called right by the normal scores", share) for name, share in shares),
        ("AUC", result.auc),
        ("its lower limit (Newcombe)", result.auc_low),
        ("AUC of the normal scores", law.auc),
    )


def _logits(scores: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(logit(scores.clip(EDGE, 1 - EDGE)), dtype=float)


def _check(scores: list[np.ndarray[tuple[int], np.dtype[np.float64]]], seen: Evidence) -> None:
    """Refuse a pilot that tells nothing of how clones differ."""
    for name, values in zip(seen.classes.both, scores, strict=True):
        if len(values) < LEAST:
            raise ArgumentError(
                f"The pilot has {counted(len(values), seen.classes.noun)} of {name} with a score; a plan "
                f"needs {LEAST} or more of each class, or --assume."
            )
        if not values.std() > 0:
            raise ArgumentError(
                f"All {name} of the pilot have one score, which tells nothing of how {seen.classes.nouns} "
                "differ; use another model or --assume."
            )


def _parts(components: VarianceComponents, noun: str) -> tuple[Parts | None, str]:
    """Variances of clone, well and image, or why they are not known."""
    rows = components.of("score")
    rows = rows[rows["variance"].notna()]
    unit = next((name for name in rows.index if noun in str(name).split(" + ")), None)
    if unit is None or RESIDUAL not in rows.index:
        return None, f"The variance between {plural(noun)} cannot be told apart from the rest in the pilot."
    own, apart = rows.loc[unit], {part for name in rows.index for part in str(name).split(" + ")}
    low, high = (float(own[f"variance_{end}"]) for end in ("low", "high"))
    seen, image = float(own["variance"]), float(rows.loc[RESIDUAL, "variance"])
    well = float(rows["variance"].get("well", 0.0)) if noun != "well" else 0.0
    said = ""
    if " + " in str(unit):
        said = (
            f"{capital(listed(spaced(name) for name in str(unit).split(' + ')))} cannot be told apart in the "
            f"pilot: their variance counts as one between {plural(noun)}."
        )
    elif "well" not in apart:
        said = "Wells and images of a well cannot be told apart in the pilot: both count as images."
    return Parts(seen if seen > 0 else high, well, image, low, high, at_limit=not seen > 0), said


def _alike(
    seen: Evidence, model: str, rows: pd.DataFrame, given: float | None
) -> tuple[float, tuple[float, float]]:
    """Correlation within pairs, and its 95 % limits: as given, or of the pilot's pairs (Fisher's z)."""
    if given is not None:
        return given, (given, given)
    if rows["group"].duplicated().any():
        both = rows.pivot_table(index="group", columns="label", values="probability").dropna()
    else:
        wells = seen.scored(model)
        both = isogenic_pairs(
            wells, "probability", label="label", labels=seen.classes.both, noun=seen.classes.noun
        ).pairs
    if len(both) < LEAST_PAIRS:
        raise ArgumentError(
            f"The pilot has {counted(len(both), 'pair')}, too few to tell how alike the two of a pair are "
            f"({LEAST_PAIRS} or more are); give it as --correlation."
        )
    first, second = (_logits(both[name]) for name in seen.classes.both)
    found = float(np.corrcoef(first, second)[0, 1])
    half = Z / sqrt(len(both) - 3)
    low, high = np.tanh(np.arctanh(found) + np.array([-half, half]))
    return found, (float(low), float(high))


def _permuted(study: StudyResults, model: str) -> str:
    """Say where labels permuted at random did as well as the pilot's own."""
    try:
        tests = study.kept_permutations().findings["permutations"].tables.get("permutations_tests")
    except (NotThereError, KeyError):
        return ""
    if tests is None:
        return ""
    rows = tests[(tests["model"] == model) & (tests["score"] == "group_auc")]
    if rows.empty or not float(rows["p"].iloc[0]) > ALPHA or float(rows["smallest_p"].iloc[0]) > ALPHA:
        return ""
    return f"In the pilot, labels permuted at random do as well (p = {rows['p'].iloc[0]:.2g})."
