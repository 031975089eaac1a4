"""The figure of hits: which scores are named, hollow or drawn with their replicates."""

import pandas as pd

from hcs.figures.hits import FEW, hits_figure


def drawn(n: int) -> "dict[str, list[object]]":
    """Draw n scores of which the ends are hits, the highest a dying one; its parts by their gid."""
    z = pd.Series(range(n)) - (n - 1) / 2
    scores = pd.DataFrame(
        {"name": [f"g{place}" for place in range(n)], "z": z, "z_low": z - 1, "z_high": z + 1}
    )
    scores["direction"] = ["lower" if one < 0 else "higher" for one in z]
    scores["hit"] = [place in (0, n - 1) for place in range(n)]
    scores["cytotoxic"] = pd.Series([False] * (n - 1) + [True], dtype="boolean")
    wells = pd.DataFrame({"kind": ["sample"] * n + ["negative"] * 3, "z": [*z, -0.1, 0.0, 0.1]})
    figure = hits_figure(scores, wells, noun="gene", value="light")
    found: dict[str, list[object]] = {"key": [text.get_text() for text in figure.legends[0].get_texts()]}
    for axis in figure.axes:
        for part in axis.get_children():
            found.setdefault(str(part.get_gid()), []).append(part)
    found["ticks"] = [label.get_text() for label in figure.axes[1].get_xticklabels()]
    return found


def test_hits_are_named_and_dying_ones_hollow() -> None:
    """Both ends have their names; the dying hit is hollow, which the key says; kinds of wells are counted."""
    parts = drawn(9)
    assert [text.get_text() for text in parts["name"]] == ["g0", "g8"]  # type: ignore[attr-defined]
    faces = parts["hits-higher"][0].get_facecolor()  # type: ignore[attr-defined]
    assert faces[0, :3].tolist() == [1, 1, 1]
    assert {"hit, lower", "hit, higher", "hollow: lost cells", "no hit", "replicates"} == set(parts["key"])
    assert parts["ticks"] == ["negative\ncontrols\n3", "samples\n9"]


def test_many_scores_have_no_ranges() -> None:
    """Ranges of replicates would hide each other."""
    assert "replicates" in drawn(FEW)
    many = drawn(FEW + 1)
    assert "replicates" not in many
    assert "replicates" not in many["key"]
