"""A record as text: nothing gets lost, and no path of a computer is shown."""

from hcs.report.record import flat


def test_flat_names_every_entry() -> None:
    """Nothing gets lost, and of a path only the name is kept."""
    record = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": None}], "f": "/x/y.toml", "g": r"C:\x\z.h5", "h": []}
    assert flat(record) == {
        "a.b": "1",
        "a.c": "1, 2",
        "d.1.e": "–",
        "f": "y.toml",
        "g": "z.h5",
        "h": "none",
    }
