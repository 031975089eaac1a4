"""Numbers of two studies side by side, and the clones that both scored, pair by pair: n is clones.

Differences are B − A throughout: B is the later study.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.figures.theme import model_name
from hcs.statistics.pvalues import ALPHA, PValue
from hcs.wording import are, counted, plural
from hcs_models.pairing import pair_groups
from hcs_models.scores import called, called_right, wilson_interval

CLONE_COLUMNS = (
    "model", "group", "label_a", "label_b", "score_a", "score_b", "difference", "call_a", "call_b", "right_a",
    "right_b",
)  # fmt: skip
NUMBERS = (
    ("group", "accuracy"),
    ("group", "auc"),
    ("group by set", "group_accuracy"),
    ("group by set", "group_auc"),
    ("tile by set", "accuracy"),
    ("tile by set", "auc"),
)


@dataclass(frozen=True)
class ClonePairs:
    """One model's groups that both studies scored under the same label.

    Parameters
    ----------
    model, noun
        Which model; what a group is called.
    n, right_a, right_b
        Groups, and how many each study calls right.
    only_a, only_b
        Groups called right by one alone.
    changed
        Groups whose call differs.
    calls
        Exact McNemar test of `only_a` against `only_b` (McNemar 1947).
    shift, largest
        Mean probability given to the true label, B − A; the largest change of one score, without its sign.
    shifted
        Sign-flip permutation test of `shift`.
    """

    model: str
    noun: str
    n: int
    right_a: int
    right_b: int
    only_a: int
    only_b: int
    changed: int
    calls: PValue
    shift: float
    largest: float
    shifted: PValue

    def sentences(self) -> tuple[str, ...]:
        """Say calls, and score, each with its test and the smallest p it could give."""
        nouns, name = plural(self.noun, self.n), model_name(self.model)
        shares = []
        for right in (self.right_a, self.right_b):
            low, high = wilson_interval(right, self.n)
            shares.append(f"({right / self.n:.2f}; 95 % interval {low:.2f}–{high:.2f})")
        every = f"all {self.n}" if self.n > 2 else f"the {self.n}"
        said = f"The {name} calls {every} {nouns} the same in A and B, {self.right_a} right {shares[0]}."
        discordant = self.only_a + self.only_b
        if self.changed:
            tested = f" ({self.calls.sentence()})" if discordant else ": McNemar's test has nothing to go by"
            said = (
                f"The {name} calls {self.right_a} of {self.n} {nouns} right in A {shares[0]} and "
                f"{self.right_b} in B {shares[1]}; {counted(self.only_a, self.noun)} {are(self.only_a)} "
                f"called right by A alone, {self.only_b} by B alone{tested}."
            )
        if discordant and self.calls.smallest >= ALPHA:
            said += f" With so few {nouns} called differently, p could not have been below {ALPHA}."
        moved = f"The {name} gives every {self.noun} the same score in A and B."
        if self.largest:
            way = "higher" if self.shift >= 0 else "lower"
            moved = (
                f"The probability of the true label is {abs(self.shift):.3f} {way} in B than in A, mean over "
                f"{self.n} {plural(self.noun, self.n)} ({self.shifted.sentence()})."
            )
        return said, moved

    def row(self) -> dict[str, object]:
        """Columns of a result table."""
        names = ("model", "n", "right_a", "right_b", "only_a", "only_b", "shift", "largest")
        row = {name: getattr(self, name) for name in names}
        for name, p in {"mcnemar_p": self.calls, "shift_p": self.shifted}.items():
            row |= {name: p.value, f"smallest_{name}": p.smallest}
        return row


def clone_table(a: StudyFacts, b: StudyFacts) -> pd.DataFrame:
    """Scores and calls of every group in both studies, one row per model, group and label.

    Returns
    -------
    DataFrame
        model, group, label_a, label_b, score_a, score_b, difference (B − A), call_a, call_b, right_a,
        right_b; by model, then by what changed most. A group whose label is another has no difference.
    """
    keys = ["model", "group"] if a.nested and b.nested else ["model", "group", "label"]
    one, other = (_scored(facts) for facts in (a, b))
    table = one.merge(other, on=keys, how="outer", suffixes=("_a", "_b"))
    if "label" in keys:
        for letter in "ab":
            table[f"label_{letter}"] = table["label"].where(table[f"score_{letter}"].notna())
    table["difference"] = (table["score_b"] - table["score_a"]).where(table["label_a"] == table["label_b"])
    met = tuple(dict.fromkeys([*a.models, *b.models]))
    table["_model"] = table["model"].map(met.index)
    table["_size"] = -table["difference"].abs()
    table = table.sort_values(["_model", "_size", "group"], ignore_index=True)
    return table[list(CLONE_COLUMNS)]


def _scored(facts: StudyFacts) -> pd.DataFrame:
    """Score, call and verdict of the groups of the two classes."""
    if not facts.models:
        columns = ["model", "group", "label", "score", "call", "right"]
        return pd.DataFrame(columns=columns, dtype=object).astype({"score": float})
    rows, positive = facts.class_groups.astype({"model": str, "group": str}), facts.classes.positive
    calls = np.where(called(rows["probability"]), positive, facts.classes.negative)
    made = {
        "score": rows["probability"],
        "call": calls,
        "right": called_right(rows, positive).astype("boolean"),
    }
    return rows[["model", "group", "label"]].assign(**made)


def pair_clones(clones: pd.DataFrame, a: StudyFacts, b: StudyFacts) -> tuple[ClonePairs, ...]:
    """Test every model that both studies have on the groups that both scored under the same labels.

    Parameters
    ----------
    clones
        As `clone_table` gives it.
    a, b
        The studies, asking the same question.
    """
    pairs = []
    for model in [name for name in a.models if name in b.models]:
        rows = clones[clones["model"] == model]
        whole = rows["difference"].notna().groupby(rows["group"]).transform("all")
        if whole.any():
            pairs.append(_paired(model, rows[whole], a))
    return tuple(pairs)


def _paired(model: str, rows: pd.DataFrame, facts: StudyFacts) -> ClonePairs:
    """Test one model's groups; a group that holds both labels is right when both of its calls are."""
    right = rows.groupby("group")[["right_a", "right_b"]].all().astype(bool)
    n, nouns = len(right), facts.classes.nouns
    named = {"label": rows["label_a"]}
    sides = [
        rows[["group"]].assign(model=letter, probability=rows[f"score_{letter}"].astype(float), **named)
        for letter in "ba"
    ]
    given = pair_groups(pd.concat(sides, ignore_index=True), facts.classes.positive, "b", "a")
    return ClonePairs(
        model=model,
        noun=facts.classes.noun,
        n=n,
        right_a=int(right["right_a"].sum()),
        right_b=int(right["right_b"].sum()),
        only_a=given.only_second,
        only_b=given.only_first,
        changed=int((rows["call_a"] != rows["call_b"]).groupby(rows["group"]).any().sum()),
        calls=PValue(given.mcnemar_p, "exact McNemar test", n, given.smallest_mcnemar_p, nouns),
        shift=given.mean,
        largest=float(rows["difference"].abs().max()),
        shifted=PValue(given.p, "sign-flip permutation test", n, given.smallest_p, nouns),
    )


def number_table(a: StudyFacts, b: StudyFacts) -> pd.DataFrame:
    """Every model's numbers in both studies, the group level before the tile level.

    Returns
    -------
    DataFrame
        model, level, number, a, b, difference (B − A), n_a, n_b (groups, or sets), low_a, high_a, low_b,
        high_b (Wilson 95 %), sd_a, sd_b (over sets).
    """
    rows = []
    for model in dict.fromkeys([*a.models, *b.models]):
        for level, number in NUMBERS:
            values = [_number(facts, model, level, number) for facts in (a, b)]
            row: dict[str, object] = {"model": model, "level": level, "number": number.removeprefix("group_")}
            for letter, value in zip("ab", values, strict=True):
                row |= {letter if name == "value" else f"{name}_{letter}": one for name, one in value.items()}
            rows.append(row)
    columns = ["model", "level", "number", "a", "b", "difference"]
    columns += [f"{name}_{letter}" for name in ("n", "low", "high", "sd") for letter in "ab"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(difference=table["b"].astype(float) - table["a"].astype(float))


def _number(facts: StudyFacts, model: str, level: str, number: str) -> dict[str, float]:
    """One number of one study with its n and its interval or spread; NaN where the study has none."""
    nothing = {"value": np.nan, "n": np.nan, "low": np.nan, "high": np.nan, "sd": np.nan}
    if level != "group":
        spread = facts.over_sets(model, number)
        return nothing | {"value": spread.mean, "n": spread.n_sets or np.nan, "sd": spread.sd}
    if model not in facts.models:
        return nothing
    found = facts.group_result(model)
    if number == "auc":
        return nothing | {"value": found.auc, "n": found.n_groups}
    return nothing | {"value": found.accuracy, "n": found.n_groups, "low": found.low, "high": found.high}
