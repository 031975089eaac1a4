"""The search: Optuna's suggestions, the bounds, bad trials, and going on after a kill."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest

from hcs_models.tuning import Search, SearchSpec, Trial
from hcs_plates.errors import ArgumentError, StoreError

Score = Callable[[Trial], float]


def peak(trial: Trial) -> float:
    """Accuracy with one best place: a learning rate of 2e-3 and a momentum of 0.9."""
    away = abs(np.log10(trial.learning_rate / 2e-3)) + 4 * abs(trial.momentum - 0.9)
    return float(1 / (1 + away))


def run(search: Search, score: Score = peak, stop: int | None = None) -> Search:
    """Carry out a search, or its first trials."""
    while (trial := search.ask()) is not None and trial.trial != stop:
        search.tell(trial.told(score(trial), 1 - score(trial)))
    return search


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_bounds_hold(sampler: str) -> None:
    """Every trial lies within the study's bounds, and the search does them all."""
    table = run(Search(SearchSpec(sampler, trials=30))).table()  # type: ignore[arg-type]  # a table of names
    assert len(table) == 30
    assert table["learning_rate"].between(1e-4, 1e-2).all()
    assert table["momentum"].between(0.7, 1.0).all()
    assert table["trial"].tolist() == list(range(30))


@pytest.mark.slow
def test_learning_rates_are_even_in_the_logarithm() -> None:
    """Of many random trials as many lie in 1e-4 … 1e-3 as in 1e-3 … 1e-2."""
    table = run(Search(SearchSpec("random", trials=400, seed=3))).table()
    assert (table["learning_rate"] < 1e-3).mean() == pytest.approx(0.5, abs=0.08)
    assert (table["momentum"] < 0.85).mean() == pytest.approx(0.5, abs=0.08)


def test_the_grid_takes_the_bounds() -> None:
    """Five rates and four momenta of 20 trials, a momentum of 1 among them."""
    table = run(Search(SearchSpec("grid", trials=20))).table()
    assert table["momentum"].unique() == pytest.approx([0.7, 0.8, 0.9, 1.0])
    assert table["learning_rate"].unique() == pytest.approx(np.logspace(-4, -2, 5))
    assert not table.duplicated(["learning_rate", "momentum"]).any()


def test_optuna_s_verbosity_stays_the_user_s(caplog: pytest.LogCaptureFixture) -> None:
    """A search is silent, sets nothing, and Optuna goes on to report the user's own studies."""
    before = optuna.logging.get_verbosity()
    optuna.logging.enable_propagation()
    try:
        with caplog.at_level(optuna.logging.INFO, logger="optuna"):
            run(Search(SearchSpec("random", trials=2)))
            assert optuna.logging.get_verbosity() == optuna.logging.INFO
            assert not caplog.records
            optuna.create_study(study_name="the user's")
    finally:
        optuna.logging.disable_propagation()
    assert {record.message.split(": ")[1] for record in caplog.records} == {"the user's"}
    assert optuna.logging.get_verbosity() == before


def test_tpe_learns_from_what_it_was_told() -> None:
    """Over seeds, the last ten trials are nearer to the peak than the first ten; not if told nonsense."""

    def gain(score: Score) -> float:
        gains = []
        for seed in range(6):
            trials = run(Search(SearchSpec(trials=25, seed=seed)), score).trials
            found = [peak(trial) for trial in trials]
            gains.append(np.mean(found[-10:]) - np.mean(found[:10]))
        return float(np.mean(gains))

    assert gain(peak) > 0.1 > gain(lambda _: 0.5)


def test_suggestions_are_optuna_s_own() -> None:
    """The next value is what a plain Optuna study of the same seed and trials asks for."""
    search = run(Search(SearchSpec(trials=15, seed=4)), stop=14)
    from hcs_plates.units import digest

    sampler = optuna.samplers.TPESampler(seed=int(digest("trial", 4, 14)[:7], 16))
    study = optuna.create_study(direction="maximize", sampler=sampler)
    rates = optuna.distributions.FloatDistribution(1e-4, 1e-2, log=True)
    momenta = optuna.distributions.FloatDistribution(0.7, 1.0)
    for one in search.trials:
        study.add_trial(
            optuna.trial.create_trial(
                params={"learning_rate": one.learning_rate, "momentum": one.momentum},
                distributions={"learning_rate": rates, "momentum": momenta},
                value=one.value,
            )
        )
    asked = study.ask({"learning_rate": rates, "momentum": momenta}).params
    mine = search.ask()
    assert mine is not None
    assert (mine.learning_rate, mine.momentum) == (asked["learning_rate"], asked["momentum"])


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_a_killed_search_goes_on(sampler: str, tmp_path: Path) -> None:
    """Stopped after every single trial and opened again, it is the search that was never stopped."""
    spec = SearchSpec(sampler, trials=16, seed=7)  # type: ignore[arg-type]  # a table of names
    whole = run(Search(spec))
    for stop in range(1, 18):
        run(Search(spec, tmp_path / "trials.json"), stop=stop)
    assert Search(spec, tmp_path / "trials.json").trials == whole.trials


def test_a_diverged_head_is_a_bad_trial() -> None:
    """Its value is 0 and it is never the best, whatever its accuracy happened to be."""
    search = Search(SearchSpec("random", trials=3))
    for accuracy, diverged in ((0.9, True), (0.4, False), (0.4, False)):
        trial = search.ask()
        assert trial is not None
        search.tell(trial.told(accuracy, 0.6, diverged=diverged))
    assert search.trials[0].value == 0
    assert np.isnan(search.trials[0].validation_loss)
    assert search.best().trial == 1


def test_the_best_trial() -> None:
    """Highest accuracy, then lowest loss, then the first."""
    search = Search(SearchSpec("random", trials=4))
    for accuracy, loss in ((0.8, 0.3), (0.9, 0.5), (0.9, 0.4), (0.9, 0.4)):
        trial = search.ask()
        assert trial is not None
        search.tell(trial.told(accuracy, loss))
    assert search.best().trial == 2


def test_refusals(tmp_path: Path) -> None:
    """Bounds that cannot be, results out of turn, files of other searches."""
    for change, message in (
        ({"sampler": "hyperas"}, "sampler 'hyperas' is unknown"),
        ({"trials": 0}, "trials 0 must be at least 1"),
        ({"learning_rate": (0.0, 1.0)}, "must rise and be above 0"),
        ({"momentum": (0.5, 1.1)}, "must rise and lie within 0 to 1"),
    ):
        with pytest.raises(ArgumentError, match=message):
            SearchSpec(**change)
    search = Search(SearchSpec())
    with pytest.raises(ArgumentError, match="Trial 3 was told; trial 0 is to be"):
        search.tell(Trial(3, 1e-3, 0.9, 0.5))
    with pytest.raises(ArgumentError, match="No trial was told yet"):
        search.best()
    file = tmp_path / "trials.json"
    run(Search(SearchSpec(trials=2), file))
    with pytest.raises(StoreError, match="holds trials of another search"):
        Search(SearchSpec(trials=3), file)
    file.write_text('{"trials": [{"number": 1}')
    with pytest.raises(StoreError, match="is not a search's"):
        Search(SearchSpec(trials=2), file)
