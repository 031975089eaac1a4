"""What passage number does to accuracy and score, in numbers, words and a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.passage_relations import COLUMNS, STEP, Relation, WithinClones
from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.panels import Panels
from hcs.figures.theme import model_name
from hcs.figures.trends import TrendPanel, trend_figure
from hcs.statistics.association import INTERVAL
from hcs.statistics.bootstrap import Interval, span
from hcs.statistics.contrast import INTERVAL as NEWCOMBE
from hcs.statistics.contrast import Contrast
from hcs.statistics.equivalence import EQUIVALENT, POWER, RELATED, UNDECIDED
from hcs.statistics.gee import STEPS, OddsTrend
from hcs.statistics.pvalues import ALPHA
from hcs.wording import are, capital, counted, listed, percent, plural, sentence, spaced

BETWEEN, WITHIN, BOTH = "differs between clones", "differs within clones", "differs between and within clones"
"""Where passages differ."""
VERDICTS = {RELATED: "associated", EQUIVALENT: "not associated", UNDECIDED: "undecided"}


@dataclass(frozen=True, repr=False)
class PassageEffect(Shown):
    """What passage number does to accuracy and score of the clones.

    Parameters
    ----------
    relations
        Correlations between clones: accuracy over all and within diagnoses, score within diagnoses.
    within
        Trends within clones that were imaged at several passages; empty where none was, or no predictions
        were given.
    trends
        Logistic regression of right calls on passage between clones, by model.
    imbalance
        Passage of the diagnoses against each other.
    overlap
        Lowest and highest passage that every diagnosis has; NaN where they do not overlap.
    labels
        Diagnosis by clone.
    design
        Where passages differ: between clones, within clones, or both.
    passage, noun, clone
        Words; n counts `noun`, and `clone` is what may have several passages.
    caveats
        What the numbers cannot say.
    positive
        The label with the positive class's colour; empty where none is named.
    """

    relations: tuple[Relation, ...]
    within: tuple[WithinClones, ...]
    trends: tuple[tuple[str, OddsTrend], ...]
    imbalance: Contrast
    overlap: tuple[float, float]
    labels: pd.Series
    design: str = BETWEEN
    passage: str = "passage"
    noun: str = "clone"
    clone: str = "clone"
    caveats: tuple[str, ...] = ()
    positive: str = ""

    @property
    def table(self) -> pd.DataFrame:
        """One row per number: model, outcome, within, measure, effect, low, high, p, smallest_p, test, n.

        Correlations and trends have holm (p corrected for their number) and detectable besides, correlations
        verdict, excluded and equivalence_p.
        """
        rows: list[dict[str, Any]] = [relation.row() for relation in self.relations]
        rows += [one.row() for one in self.within]
        for model, trend in self.trends:
            for step in STEPS:
                ratio, low, high = trend.odds_ratio(step)
                of = {
                    "model": model,
                    "outcome": "accuracy",
                    "within": "",
                    "measure": f"odds ratio per {step:g}",
                }
                rows.append({**of, "effect": ratio, "low": low, "high": high, **trend.pvalue.row()})
        contrast = self.imbalance
        between = {"model": "", "outcome": self.passage, "within": "", "measure": "rank-biserial correlation"}
        if len(contrast.levels) > 2:
            between["measure"] = "epsilon squared"
        limits = {"low": contrast.interval.low, "high": contrast.interval.high}
        rows.append({**between, "effect": contrast.effect, **limits, **contrast.pvalue.row()})
        return pd.DataFrame(rows)

    @property
    def statistics(self) -> pd.DataFrame:
        """Correlations, trends within clones, odds ratios, and passage of the diagnoses."""
        return statistics_table(one for one in _stated(self) if _known(one))

    def headline(self) -> str:
        """Say whether accuracy or score change with passage, within clones where that can be known."""
        return self._within(self._trends()) if self._inside else self._between()

    def summary(self) -> str:
        """Give the headline, the other of the two ways to look, where passages differ, and caveats."""
        said, tested = [self.headline()], self._trends()
        if self.design == BOTH and tested:
            said.append(self._between() if self._inside else self._confounded(tested[0]))
        others = [one.verdict for one in self.relations if one.verdict in VERDICTS]
        if len(set(others)) > 1:
            counts = [f"{others.count(one)} {words}" for one, words in VERDICTS.items() if one in others]
            said.append(f"Of {counted(len(others), 'correlation')}, {listed(counts)} after correction.")
        each = f"Each {self.clone} has one {spaced(self.passage)}: {plural(self.clone)} are compared."
        if self.design != BETWEEN or others:
            said.append(each if self.design == BETWEEN else f"{capital(spaced(self.passage))} {self.design}.")
        text = " ".join(said)
        # What the headline gives as its reason is not said twice.
        return sentence(*said, *(one for one in self.caveats if one[1:] not in text))

    @property
    def _inside(self) -> bool:
        """Whether the answer is that within clones: where it can be known, or nothing is between them."""
        between = any(not np.isnan(one.association.rho) for one in self.relations)
        return bool(self._trends()) and (self._reached or not between)

    def _trends(self) -> list[WithinClones]:
        return [one for one in self.within if one.trend.known]

    @property
    def _reached(self) -> bool:
        """Whether a trend could have a p up to 0.05, as Holm's correction leaves it where all are alike."""
        tested = self._trends()
        return bool(tested) and len(tested) * tested[0].trend.pvalue.smallest <= ALPHA

    def _within(self, tested: list[WithinClones]) -> str:
        related = [one for one in tested if one.holm <= ALPHA]
        lead, name = min(related or tested[:1], key=lambda one: one.holm), spaced(self.passage)
        held, n = lead.trend, counted(lead.trend.pvalue.n, lead.noun)
        scale, unit = (100, " percentage points") if lead.outcome == "accuracy" else (1, "")
        ends = [_signed(STEP * scale * end) for end in (held.slope, *held.interval)]
        size, inside = f"{ends[0]}{unit} per {STEP:g} {plural(name)}", f"within {plural(self.clone)}"
        if not related and not self._reached:
            chance = lead.noun == self.noun
            what = "by chance" if chance else f"by {name} or {lead.noun.removesuffix(' set')}"
            said = f"{capital(self._named(lead))} changes by {size} {inside}"
            return f"{said}; whether {what} cannot be known with {n}."
        interval = f"95 % interval {ends[1]} to {ends[2]}; "
        size += f" ({'' if np.isnan(held.interval.low) else interval}{n})"
        if related:
            goes = "rises" if held.slope > 0 else "falls"
            return f"{capital(self._named(lead))} {goes} with {name} {inside}: {size}."
        return f"No change of {self._named(lead)} with {name} is shown {inside}: {size}."

    def _confounded(self, one: WithinClones) -> str:
        """Say why a trend within clones tells nothing."""
        n, inside = counted(one.trend.pvalue.n, one.noun), f"Within {plural(self.clone)}"
        if one.noun == self.noun:
            return f"{inside}, {n} cannot show a change."
        return f"{inside}, {spaced(self.passage)} and {one.noun.removesuffix(' set')} are confounded ({n})."

    def _between(self) -> str:
        name, known = spaced(self.passage), [one for one in self.relations if one.association.pvalue.n]
        known = [one for one in known if not np.isnan(one.association.rho)]
        if not known:
            reasons = [one.association.caveats[-1] for one in self.relations if one.association.caveats]
            why = reasons[0] if reasons else f"no {self.noun} has both calls and {name}."
            nouns = plural(self.noun)
            return f"Whether {name} matters between {nouns} cannot be known: {why[:1].lower()}{why[1:]}"
        related = [one for one in known if one.verdict == RELATED]
        lead = min(related or known[:1], key=lambda one: one.holm)
        held, n = lead.association, counted(lead.association.n, self.noun)
        if related:
            interval = "" if np.isnan(held.interval.low) else f" (95 % interval {span(*held.interval)})"
            return (
                f"{capital(self._named(lead))} is associated with {name} over {n}{held.words.inside}: "
                f"Spearman's rho {held.rho:.2f}{interval}."
            )
        outcomes = list(dict.fromkeys(one.outcome for one in known))
        if all(one.verdict == EQUIVALENT for one in known):
            said = (
                f"{capital(' and '.join(outcomes))} {are(len(outcomes))} not associated with {name} over {n}"
            )
            return f"{said}: correlations beyond ±{lead.equivalence.bound:g} are excluded."
        detectable = max(one.equivalence.detectable for one in known)
        seen = f"a correlation weaker than {detectable:.2f} could have been missed"
        if np.isnan(detectable):
            seen = "even a strong correlation could have been missed"
        depends = "depends" if len(outcomes) == 1 else "depend"
        return f"Whether {' or '.join(outcomes)} {depends} on {name} cannot be known with {n}: {seen}."

    def _named(self, one: Relation | WithinClones) -> str:
        """Name an outcome, and its model where there are several."""
        several = len({relation.model for relation in self.relations}) > 1
        return f"{one.outcome} of the {model_name(one.model)}" if several and one.model else one.outcome

    def _by_model(self) -> Iterator[tuple[str, list[Relation]]]:
        for model in dict.fromkeys(relation.model for relation in self.relations):
            yield model, [relation for relation in self.relations if relation.model == model]

    def plot(self) -> Panels:
        """Draw accuracy and score against passage, one dot per clone, coloured by diagnosis; its axes."""
        several = len({relation.model for relation in self.relations}) > 1
        panels, dots = [], []
        for one in self.within:
            title = f"{capital(self._named(one))} within {plural(self.clone)}"
            panels.append(TrendPanel(one.values, self.passage, one.outcome, title, paths=one.paths()))
            dots.append(one.values.assign(model=one.model, outcome=f"{one.outcome} within {self.clone}"))
        # Clones of one mean passage stand above each other.
        for model, relations in () if self.within and self.design == WITHIN else self._by_model():
            # Accuracy within diagnoses has the dots of accuracy over all clones.
            shown = {one.outcome: one for one in reversed(relations)}
            for relation in (shown[outcome] for outcome in COLUMNS):
                held = relation.association
                values = held.values.assign(within=self.labels.reindex(held.values.index))
                title = f"{capital(model_name(model))}\n{held.short()}" if several else held.short()
                if len(values):
                    panels.append(TrendPanel(values, held.words.x, held.words.y, title, held.lines()))
                    dots.append(values.assign(model=model, outcome=relation.outcome))
        if not panels:
            return Panels.none(self.headline(), self.table)
        others = [str(one) for one in self.labels.unique() if str(one) != self.positive]
        figure = trend_figure(
            panels,
            noun=self.noun,
            legend=self.imbalance.words.x,
            positive=self.positive,
            negative=others[0] if self.positive and len(others) == 1 else "",
        )
        numbers = pd.concat(dots).rename_axis(self.noun).reset_index()
        return Panels.of(figure, numbers.rename(columns={"x": self.passage, "y": "value", "within": "label"}))


def _stated(found: "PassageEffect") -> Iterator[Stated]:
    """Give every correlation, trend and odds ratio with its interval and test, once."""
    relations, within, contrast = found.relations, found.within, found.imbalance
    passage = contrast.words.y
    holm, tried = f"Holm over {len(relations)} correlations", f"Holm over {len(within)} trends"
    for one in relations:
        held, judged = one.association, one.equivalence
        asked = f"{_of(one)} and {spaced(passage)}{held.words.inside}"
        rho = Stated(asked, "Spearman's rho", held.rho, held.interval, INTERVAL, held.pvalue, one.holm, holm)
        yield rho
        zero = f"{asked}: within ±{judged.bound:g}"
        yield Stated(zero, pvalue=judged.pvalue, corrected=one.equivalence_holm, correction=holm)
        yield Stated(asked, f"smallest |rho| seen with {percent(POWER)} power", judged.detectable)
    for each in within:
        trend, asked = each.trend, f"{_of(each)} within {plural(each.clone)}"
        change = f"change per {STEP:g} {plural(spaced(each.passage))}"
        interval = Interval(*(STEP * end for end in trend.interval))
        of = (change, STEP * trend.slope, interval, trend.method, trend.pvalue, each.holm, tried)
        yield Stated(asked, *of)
        yield Stated(asked, f"smallest {change} seen with {percent(POWER)} power", STEP * trend.detectable)
    for model, odds in found.trends:
        ratio, *ends = odds.odds_ratio(STEP)
        asked = f"odds of a right call{f', {model_name(model)}' if model else ''}"
        estimate, method = f"odds ratio per {STEP:g} of {spaced(passage)}", "Mancl & DeRouen, Student's t"
        yield Stated(asked, estimate, ratio, Interval(*ends), method, odds.pvalue)
    asked, p = f"{spaced(passage)} by {spaced(contrast.words.x)}", contrast.pvalue
    if len(contrast.levels) != 2:
        yield Stated(asked, "epsilon squared", contrast.effect, pvalue=p)
        return
    shift = f"{' minus '.join(map(spaced, reversed(contrast.levels)))}, Hodges–Lehmann shift"
    yield Stated(asked, shift, contrast.shift, contrast.shift_interval, "Mann–Whitney")
    yield Stated(asked, "rank-biserial correlation", contrast.effect, contrast.interval, NEWCOMBE, p)


def _of(one: Relation | WithinClones) -> str:
    return one.outcome + (f" of the {model_name(one.model)}" if one.model else "")


def _known(one: Stated) -> bool:
    """Whether there is a number at all."""
    return not (np.isnan(one.value) and (one.pvalue is None or np.isnan(one.pvalue.value)))


def _signed(number: float) -> str:
    """Write a change with its sign, without a sign where it rounds to nothing.

    Examples
    --------
    >>> _signed(-20.04), _signed(0.0513), _signed(-0.0004)
    ('−20', '+0.051', '0')
    """
    if abs(number) < 0.001:
        return "0"
    return f"{number:+.2g}".replace("-", "−")
