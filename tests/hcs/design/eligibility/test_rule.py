"""The rule's file: the study's numbers, what is ours said so, and unknown keys refused with the nearest."""

import tomllib
from pathlib import Path

import pytest

from hcs.design.eligibility.rule import Rule, preset
from hcs_plates.errors import ConfigError, NotThereError


def test_the_preset_is_the_studys_rule() -> None:
    """Genes, two of four predictors, CADD from 20, at most 0.005; each setting with what it means."""
    text = preset()
    rule = Rule.model_validate(tomllib.loads(text))
    assert rule == Rule()
    assert rule.genes.listed == (
        *("SOD1", "TARDBP", "FUS", "OPTN", "VCP", "SQSTM1", "SIGMAR1", "UBQLN2", "TBK1"),
    )
    assert (rule.predictors.damaging, rule.predictors.cadd, rule.frequency.most) == (2, 20, 0.005)
    settings = [line for line in text.splitlines() if " = " in line]
    assert all("  # " in line for line in settings)
    assert sum("ours" in line for line in settings) >= 8


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[frequency]\nmots = 1\n", ["unknown key [frequency] mots; did you mean 'most'?"]),
        ("[genez]\n", ["unknown key [genez]; did you mean 'genes'?"]),
        (
            "[predictors]\ndamaging = 5\n",
            ["[predictors]: damaging = 5 of 4 predictors can never be met"],
        ),
        (
            '[predictors]\nused = ["sift", "revel"]\n',
            ["[predictors]: there is no predictor 'revel'; known: sift, polyphen2, mutationtaster, cadd"],
        ),
        ("[frequency]\nmost = 2\n[repeats]\nthreshold = 0\n", ["[frequency] most", "[repeats] threshold"]),
        ("[clinvar]\nbenign = 'yes'\n", ["[clinvar] benign"]),
        ("genes = ['SOD1']\n", ["[genes] is a section: write it on a line of its own"]),
        ("not toml", ["is not TOML"]),
    ],
)
def test_faults_are_told_at_once(tmp_path: Path, text: str, faults: list[str]) -> None:
    """Each with its section."""
    file = tmp_path / "rule.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refusal:
        Rule.read(file)
    assert len(refusal.value.faults) == len(faults)
    for found, fault in zip(refusal.value.faults, faults, strict=True):
        assert found.startswith(fault)


def test_no_file_says_how_one_is_made(tmp_path: Path) -> None:
    """The command that writes the preset."""
    with pytest.raises(NotThereError, match=r"hcs variants --write-rule rule\.toml"):
        Rule.read(tmp_path / "rule.toml")
