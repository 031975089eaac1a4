"""The wet-lab protocol of a plate: what is read, what is refused, and the file to fill in."""

import re
from pathlib import Path

import pytest

from hcs_plates.errors import ConfigError, NotThereError
from hcs_plates.protocol import Protocol, protocol_template, read_protocol

STUDY = """
[culture]
vessel = "24-well plate"
seeding_density = 2e5
seeding_density_unit = "cells/well"
differentiation_day = 23
[fixation]
fixative = "PFA"
concentration = "4 %"
time = "15 min"
[[antibodies]]
target = "neurofilament H"
role = "primary"
dilution = "1:1,000"
[[antibodies]]
target = "mouse IgG"
role = "secondary"
dilution = "1/500"
fluorophore = "Alexa Fluor 488"
channel = "FITC"
[imaging]
magnification = 20
[imaging.exposure]
FITC = "0.3 s"
"""


def write(folder: Path, text: str) -> Path:
    """Save a protocol."""
    (folder / "protocol.toml").write_text(text, encoding="utf-8")
    return folder / "protocol.toml"


def test_amounts_keep_their_units(tmp_path: Path) -> None:
    """Times and concentrations with units, dilutions as ratios; it comes back whole from JSON."""
    found = read_protocol(write(tmp_path, STUDY))
    assert found.imaging.exposure["FITC"].within("ms") == 300
    assert [one.dilution for one in found.antibodies] == [1000, 500]
    assert found.to_json()["fixation"] == {"fixative": "PFA", "concentration": "4 %", "time": "15 min"}
    assert found.to_json()["antibodies"][1]["dilution"] == "1:500"
    assert Protocol.model_validate(found.to_json()) == found


def test_every_fault_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    """Unknown keys with the nearest known one, amounts without a unit or of another kind."""
    text = """
    [culture]
    vesel = "dish"
    seeding_density = -1
    [fixation]
    time = "15 µm"
    concentration = "4 min"
    [[antibodies]]
    dilution = "9:20"
    [[antibodies]]
    target = "NF-H"
    dillution = "1:500"
    [imaging]
    numerical_aperture = 3
    exposure.FITC = 300
    [imagin]
    x = 1
    """
    with pytest.raises(ConfigError) as refusal:
        read_protocol(write(tmp_path, text))
    assert list(refusal.value.faults) == [
        "[culture] seeding_density: input should be greater than 0, got -1",
        "unknown key [culture] vesel; did you mean 'vessel'?",
        "[fixation] concentration: '4 min' is a time; expected a concentration such as '4 %'",
        "[fixation] time: '15 µm' is a length; expected a time in ns, µs, ms, s, min, h or d",
        "[[antibodies]] 1, target is missing",
        "[[antibodies]] 1, dilution: '9:20' is not a dilution such as 1:1000 (a spreadsheet makes times of "
        "ratios: format the column as text and type them again)",
        "unknown key [[antibodies]] 2, dillution; did you mean 'dilution'?",
        "[imaging] numerical_aperture: input should be less than or equal to 1.7, got 3",
        "[imaging] exposure.FITC: 300 has no unit; expected a time in ns, µs, ms, s, min, h or d, in "
        "quotation marks",
        "unknown key [imagin]; did you mean 'imaging'?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "states nothing"),
        ("[culture]", "states nothing"),
        ("culture = 3", "[culture] is no table"),
        ("antibodies = 3", "[antibodies] is no table"),
        ("[culture]\nseeding_density = 1", "seeding_density and seeding_density_unit"),
        ('[[antibodies]]\ntarget = "a"\n[[antibodies]]\ntarget = "A"', "the antibody to 'a' is there twice"),
        ("[culture", "is not TOML"),
        ("[culture]\ndifferentiation_day = true", "input should be a valid number"),
    ],
)
def test_what_is_no_protocol_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """In a sentence each."""
    with pytest.raises(ConfigError) as refusal:
        read_protocol(write(tmp_path, text))
    assert said in refusal.value.message


def test_a_protocol_that_is_not_there_is_told_how_to_make(tmp_path: Path) -> None:
    """The command that writes one to fill in."""
    with pytest.raises(NotThereError, match=r"hcs platemap PLATE --write-protocol p\.toml"):
        read_protocol(tmp_path / "p.toml")


def test_the_file_to_fill_in_states_nothing_and_names_every_key(tmp_path: Path) -> None:
    """Its examples are all read once their # is gone, and what is known is filled in."""
    blank = protocol_template(channels=("Blue - FITC", "x"))
    with pytest.raises(ConfigError, match="states nothing"):
        read_protocol(write(tmp_path, blank))
    full = re.sub(r'(?m)^# (\[\[|[a-z_]+ = |"[^"]+" = )', r"\1", blank).replace('= ""', '= "AB_1"')
    found = read_protocol(write(tmp_path, full))
    assert all(
        value is not None for part in (found.culture, found.fixation, found.imaging) for _, value in part
    )
    assert all(value is not None for _, value in found.antibodies[0])
    assert set(found.imaging.exposure) == {"Blue - FITC", "x"}
    assert read_protocol(write(tmp_path, protocol_template(found))) == found
