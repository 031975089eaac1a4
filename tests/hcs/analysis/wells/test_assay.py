"""Tests of assay quality: closed forms, hand-worked controls, single controls, coverage."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import t as student_t

from hcs.analysis.finding import Finding
from hcs.analysis.wells.assay import assay_quality
from hcs.analysis.wells.separation import control_statistics
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import well_name


def controls(
    positive: npt.ArrayLike, negative: npt.ArrayLike, plate: str = "P", samples: npt.ArrayLike = ()
) -> pd.DataFrame:
    """A plate of these wells."""
    parts = [np.asarray(part, dtype=float) for part in (positive, negative, samples)]
    kinds = ["positive_control", "negative_control", "sample"]
    role = np.repeat(kinds, [len(part) for part in parts])
    names = [well_name(place // 24, place % 24) for place in range(len(role))]
    return pd.DataFrame({"plate": plate, "well": names, "role": role, "signal": np.concatenate(parts)})


def test_large_normal_samples_give_the_closed_forms() -> None:
    """N(20, 1) and N(100, 4): Z′ = 1 − 15/80, SSMD = −80/√17, window (80 − 15)/4, S/B 5; robust alike."""
    rng = np.random.default_rng(0)
    found = control_statistics(rng.normal(20, 1, 200_000), rng.normal(100, 4, 200_000))
    for name in ("z_prime", "robust_z_prime"):
        assert found[name] == pytest.approx(1 - 15 / 80, abs=0.005)
    for name in ("ssmd", "robust_ssmd"):
        assert found[name] == pytest.approx(-80 / 17**0.5, rel=0.01)
    assert found["signal_window"] == pytest.approx(65 / 4, rel=0.01)
    assert found["signal_to_background"] == pytest.approx(5, rel=0.001)


def test_a_hand_worked_assay() -> None:
    """SDs 1 and 2 about 30 and 10; medians the same, MADs 1 and 2 (of three wells)."""
    found = assay_quality(controls([29, 30, 31], [8, 10, 12]), "signal")
    assert isinstance(found, Finding)
    row = found.table.iloc[0]
    assert row["z_prime"] == pytest.approx(1 - 9 / 20)
    assert row["robust_z_prime"] == pytest.approx(1 - 1.4826 * 9 / 20)
    assert row["ssmd"] == pytest.approx(20 / 5**0.5)
    assert row["robust_ssmd"] == pytest.approx(20 / 5**0.5 / 1.4826)
    assert row["signal_window"] == pytest.approx(20 - 9)
    assert row["signal_to_background"] == 3
    assert found.caveats == ("1 plate has fewer than 4 wells of a control (P): Z′ and SSMD there are shaky.",)
    assert found.headline().startswith("An excellent assay: Z′ of signal is 0.55 (95 % interval ")
    assert found.headline().endswith("; positive controls are higher, SSMD 8.9.")


def test_one_wild_well_moves_the_robust_forms_little() -> None:
    """A positive control that failed spoils Z′ and is named; the robust forms see the other wells."""
    rng = np.random.default_rng(1)
    wells = controls([*rng.normal(20, 1, 15), 100], rng.normal(100, 1, 16))
    found = assay_quality(wells, "signal")
    whole = found.table.iloc[-1]
    assert whole["z_prime"] < 0.2
    assert whole["robust_z_prime"] > 0.85
    assert (
        "1 control well more than 6 robust SD from the median of their kind (positive P A16)"
        in found.summary()
    )


def test_one_control_per_plate_is_pooled_after_normalisation() -> None:
    """No SD on any plate, said; over plates the levels of the plates are taken out by their samples."""
    rng = np.random.default_rng(2)
    levels = rng.uniform(50, 200, 20)
    plates = [
        controls([0.2 * level], [level], f"P{n}", level * rng.normal(1, 0.05, 60))
        for n, level in enumerate(levels)
    ]
    wells = pd.concat(plates, ignore_index=True)
    wells["signal"] *= rng.normal(1, 0.02, len(wells))
    raw = assay_quality(wells, "signal")
    assert raw.table["z_prime"].iloc[:-1].isna().all()
    assert raw.table["signal_to_background"].notna().all()
    assert any(said.startswith("20 plates have only one well of a control") for said in raw.caveats)
    assert any("Differences between plates count as spread" in said for said in raw.caveats)
    pooled = assay_quality(wells, "signal", pool="percent_of_samples")
    assert raw.table["z_prime"].iloc[-1] < 0.2
    assert pooled.table["z_prime"].iloc[-1] > 0.7
    low, high = pooled.table[["z_prime_low", "z_prime_high"]].iloc[-1]
    assert low < pooled.table["z_prime"].iloc[-1] < high
    assert pooled.interval == "jackknife over plates"
    assert np.isnan(assay_quality(wells, "signal", pool="z").table["signal_to_background"].iloc[-1])


@pytest.mark.parametrize(
    ("wells", "caveat"),
    [
        (
            controls([1, 2], []),
            "1 plate lacks usable controls of one kind or both (P): nothing to tell apart.",
        ),
        (controls([5, 5], [5, 5]), "1 plate has controls of the same mean (P): no Z′."),
        (controls([np.nan] * 3, [1, 2, 3]), "Left out: 3 wells without signal."),
        (controls([1], [2]), "1 plate has only one well of a control (P): no SD, hence no Z′ nor SSMD."),
        (controls([], []), "How far the controls lie apart in signal cannot be told."),
    ],
)
def test_what_cannot_be_judged_is_said(wells: pd.DataFrame, caveat: str) -> None:
    """NaN with its reason; a figure in any case."""
    found = assay_quality(wells, "signal")
    assert found.table[["z_prime", "ssmd"]].isna().all(axis=None)
    assert caveat in found.summary()
    assert found.plot() is not None


def test_controls_without_spread_have_no_ssmd() -> None:
    """Z′ is then 1, which is no wonder: it is said that there is no spread."""
    found = assay_quality(controls([9] * 4, [1] * 4), "signal")
    assert found.table.loc[0, "z_prime"] == 1
    assert found.table[["ssmd", "signal_window"]].isna().all(axis=None)
    assert "1 plate has controls without any spread (P): no SSMD." in found.caveats


def test_flagged_wells_are_left_out_and_listed() -> None:
    """As if they were not there."""
    wells = controls([20, 21, 22, 23, 900], [1, 2, 3, 4])
    wells["included"] = wells["signal"] < 900
    found = assay_quality(wells, "signal")
    assert found.table["n_positive"].tolist() == [4, 4]
    assert found.caveats[0] == "Left out: 1 flagged well (P A05)."
    assert (
        found.table.loc[0, "z_prime"]
        == assay_quality(wells[wells["included"]], "signal").table.loc[0, "z_prime"]
    )


def test_half_of_a_kind_alike_has_no_robust_form() -> None:
    """A MAD of 0 is no spread of 0: ties of counts of rare cells would give a robust Z′ of 1."""
    found = assay_quality(controls([1, 1, 1, 1, 1, 0, 0, 5], [0, 0, 0, 0, 0, 3, 0, 4]), "signal")
    row = found.table.iloc[-1]
    assert row[["robust_z_prime", "robust_ssmd"]].isna().all()
    assert row["z_prime"] < -1
    assert "nan" not in found.summary()
    assert "(95 % interval up to -3.84)" in found.headline()
    assert not found.statistics["estimate"].str.contains("robust").any()


def test_intervals_over_plates_leave_out_each_plate_once() -> None:
    """Pseudo-values of log ratio and SSMD, with t of 7 degrees of freedom; written out."""
    rng = np.random.default_rng(5)
    positive, negative = rng.normal(10, 1, (8, 3)), rng.normal(0, 1, (8, 3))
    wells = pd.concat(
        [controls(*pair, f"P{n}") for n, pair in enumerate(zip(positive, negative, strict=True))]
    )
    found = assay_quality(wells, "signal")

    def sizes(left_out: int | None) -> np.ndarray:
        own = [
            part if left_out is None else np.delete(part, left_out, axis=0) for part in (positive, negative)
        ]
        made = control_statistics(own[0].ravel(), own[1].ravel())
        return np.array([np.log((1 - made["z_prime"]) / 3), made["ssmd"]])

    pseudo = 8 * sizes(None) - 7 * np.array([sizes(n) for n in range(8)])
    half = student_t.ppf(0.975, 7) * pseudo.std(axis=0, ddof=1) / 8**0.5
    (most, low), (least, high) = pseudo.mean(axis=0) - half, pseudo.mean(axis=0) + half
    columns = ["z_prime_low", "z_prime_high", "ssmd_low", "ssmd_high"]
    expected = [1 - 3 * np.exp(least), 1 - 3 * np.exp(most), low, high]
    assert found.table.iloc[-1][columns].tolist() == pytest.approx(expected)
    assert found.interval == "jackknife over plates"
    few = assay_quality(wells[wells["plate"] < "P3"], "signal")
    assert few.table[columns].iloc[:-1].notna().all(axis=None)
    assert few.table[columns].iloc[-1].isna().all()
    assert "Fewer than 8 plates: intervals by plate only." in few.caveats


def test_plot_shows_controls_and_z_primes() -> None:
    """A dot per control well of either kind, and the Z′ of each plate."""
    rng = np.random.default_rng(4)
    wells = pd.concat([controls(rng.normal(9, 1, 8), rng.normal(99, 1, 9), name) for name in "PQR"])
    drawn = assay_quality(wells, "signal").plot()
    marks = {part.get_gid(): len(part.get_offsets()) for axis in drawn for part in axis.collections}  # type: ignore[arg-type]
    assert (marks["positive"], marks["negative"], marks["z"]) == (24, 27, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"pool": "percent_of_control"},
            "Plates cannot be pooled 'percent_of_control'; give raw, percent_of",
        ),
        ({"role": "kind"}, "The table of wells has no column 'kind'"),
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, str], message: str) -> None:
    """What, where, what was expected."""
    with pytest.raises(ArgumentError, match=message):
        assay_quality(controls([1, 2], [3, 4]), "signal", **change)
