"""A finished study as pilot: what it says of larger ones is what larger ones of the same make then show."""

from dataclasses import replace

import numpy as np
import pytest
from tests.hcs.design.power.pilots import CLASSES, Make, pilot

from hcs.answer.result import group_result
from hcs.design.power.pilot import expected_of, pilot_expected
from hcs.report.reported import Study
from hcs.statistics.power import Size, by_formula
from hcs_models.scores import wilson_interval
from hcs_plates.errors import ArgumentError


@pytest.mark.slow
def test_a_large_pilot_knows_its_kind() -> None:
    """40 clones of each class: calls and area of the normal scores are as counted, shares as planted."""
    seen = pilot(np.random.default_rng(1), Make(), 40)
    found = expected_of(seen)
    counted = group_result(seen.groups, "cnn", CLASSES)
    assert np.mean(found.law.right) == pytest.approx(counted.accuracy, abs=0.05)
    assert found.law.auc == pytest.approx(counted.auc, abs=0.03)
    assert (found.images, found.wells) == (8, 2)
    assert found.parts is not None
    images = Make().images(np.random.default_rng(0), 1_000, 8, 8)
    image = images.var(axis=3, ddof=1).mean()
    well = images.mean(axis=3).var(axis=2, ddof=1).mean() - image / 8
    unit = images.mean(axis=(2, 3)).var(axis=1, ddof=1).mean() - well / 8 - image / 64
    assert found.parts.image == pytest.approx(image, rel=0.2)
    assert found.parts.unit_low < unit < found.parts.unit_high
    assert found.parts.unit_low < found.parts.unit < found.parts.unit_high
    assert not found.caveats


@pytest.mark.slow
def test_the_width_of_a_larger_study_lies_within_what_a_pilot_says() -> None:
    """Eight pilots of 6 clones of each class: at least 6 hold the mean width of studies of 15."""
    make, size, rng = Make(), Size(15, 15), np.random.default_rng(2)
    right = (
        (make.logits(rng, 15 * 400, 2, 4) * np.array([[1], [-1]]) >= 0).reshape(2, 400, 15).sum(axis=(0, 2))
    )
    true = float(np.mean([np.ptp(wilson_interval(int(k), 30)) for k in right]))
    held = 0
    for seed in range(8):
        found = expected_of(pilot(np.random.default_rng(seed), make))
        limits = found.at_limits("accuracy", 1.0, found.images, found.wells)
        assert limits is not None
        worst, best = (by_formula(law, size, "accuracy") for law in limits)
        held += best - 0.01 <= true <= worst + 0.01
    assert held >= 6


def test_a_pilot_at_the_ceiling_is_no_certainty() -> None:
    """All calls right, an area of 1: normal scores still tell how far the clones lie from the threshold."""
    found = expected_of(pilot(np.random.default_rng(3), Make(half=2.5)))
    numbers = dict(found.pilot)
    assert (numbers["called right"], numbers["AUC"]) == (1.0, 1.0)
    assert 0.9 < found.law.auc < 1
    limits = found.at_limits("accuracy", 1.0, found.images, found.wells)
    assert limits is not None
    assert max(limits[0].right) > min(limits[0].right) > 0.5
    assert by_formula(limits[0], Size(12, 12), "accuracy") > 0.18


def test_a_pilot_that_tells_nothing_apart_says_so() -> None:
    """No difference of classes: a caveat; at the worst no number of clones is enough for a yes."""
    found = expected_of(pilot(np.random.default_rng(5), Make(half=0.0)))
    assert "does not tell the classes apart" in " ".join(found.caveats)
    turned = expected_of(pilot(np.random.default_rng(5), Make(half=-1.0)))
    assert "the wrong way" in " ".join(turned.caveats)
    limits = found.at_limits("yes", 1.0, found.images, found.wells)
    assert limits is not None
    assert by_formula(limits[0], Size(1000, 1000), "yes") < 0.01


@pytest.mark.slow
def test_pairs_tell_how_alike_they_are() -> None:
    """20 isogenic pairs that share 0.8 of a clone's own part: within its limits; as given, taken as it is."""
    make = Make(clone=1.0, well=0.0, image=0.3, alike=0.8)
    seen = pilot(np.random.default_rng(6), make, 20)
    found = expected_of(seen, pairs=True)
    assert found.draws is not None
    low, high = found.draws.correlation
    assert low < 0.8 < high
    assert expected_of(seen, pairs=True, correlation=0.2).law.correlation == 0.2
    with pytest.raises(ArgumentError, match=r"4 pairs, too few .* --correlation"):
        expected_of(pilot(np.random.default_rng(6), make, 4), pairs=True)


@pytest.mark.slow
def test_donors_of_both_classes_are_pairs() -> None:
    """Groups that hold both classes: their two scores are a pair."""
    seen = pilot(np.random.default_rng(7), Make(clone=1.0, well=0.0, image=0.3, alike=0.8), 20)
    names = dict(zip(seen.wells["group"], seen.wells["isogenic_pair"], strict=True))
    tables = {
        name: getattr(seen, name).assign(group=lambda own: own["group"].map(names))
        for name in ("wells", "groups", "predictions", "well_scores", "tiles")
    }
    found = expected_of(replace(seen, **tables), pairs=True)
    assert found.law.correlation == pytest.approx(0.8, abs=0.2)
    assert "Clones of the pilot hold both classes" in " ".join(expected_of(replace(seen, **tables)).caveats)


def test_pilots_that_tell_too_little_are_refused() -> None:
    """Two clones of a class, one score for all, a model that is not there."""
    seen = pilot(np.random.default_rng(0))
    with pytest.raises(ArgumentError, match="2 clones of ALS with a score; a plan needs 3"):
        expected_of(pilot(np.random.default_rng(0), n=2))
    groups = seen.groups.assign(probability=seen.groups["label"].map({"ALS": 0.8, "control": 0.2}))
    with pytest.raises(ArgumentError, match="All ALS of the pilot have one score"):
        expected_of(replace(seen, groups=groups))
    with pytest.raises(ArgumentError, match="no scores of a model 'cnnn'; did you mean 'cnn'"):
        expected_of(seen, "cnnn")


@pytest.mark.parametrize(
    ("wells", "images", "said"),
    [
        (
            1,
            8,
            "Clone and well cannot be told apart in the pilot: their variance counts as one between clones.",
        ),
        (4, 1, "Wells and images of a well cannot be told apart in the pilot: both count as images."),
        (1, 1, "The variance between clones cannot be told apart from the rest in the pilot."),
    ],
)
def test_what_the_pilot_cannot_tell_apart_is_said(wells: int, images: int, said: str) -> None:
    """One well a clone, one image a well, one image a clone."""
    assert said in expected_of(pilot(np.random.default_rng(10), wells=wells, images=images)).caveats


def test_scores_at_the_ends_are_kept_off_them() -> None:
    """A mean score of exactly 1 has no logit: it is taken as 0.995, and that is told."""
    seen = pilot(np.random.default_rng(8))
    groups = seen.groups.copy()
    groups.loc[groups.index[0], "probability"] = 1.0
    found = expected_of(replace(seen, groups=groups))
    assert np.isfinite([found.law.positive, found.law.sd_positive]).all()
    assert "1 mean score nearer to 0 or 1 than 0.005 is taken as that." in found.caveats


def test_several_clones_of_a_donor_are_told() -> None:
    """They count as independent here, which is said."""
    seen = pilot(np.random.default_rng(9))
    donor = "d" + seen.wells["group"].str[1:].astype(int).floordiv(4).astype(str)
    found = expected_of(replace(seen, wells=seen.wells.assign(donor=donor)))
    assert "Some donors of the pilot gave several clones, which count as independent here." in found.caveats


def test_a_finished_study_is_a_pilot(small_study: Study) -> None:
    """A results folder, read; its clones, its images and wells a clone."""
    groups = small_study.table("groups").query("model == 'forest'")
    found = pilot_expected(small_study, "forest")
    numbers = dict(found.pilot)
    assert numbers["clones"] == len(groups)
    assert found.source == "the random forest of the pilot small"
