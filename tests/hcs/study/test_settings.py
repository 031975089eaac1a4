"""Study files: every fault at once, each in a sentence with the nearest known key."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from hcs.study.settings import StudyConfig, parse_config, read_config, template
from hcs_plates.errors import ConfigError, NotThereError

DATA = {"plates": ["P1.ome.zarr"]}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"data": {**DATA, "lable": "x"}}, "unknown key [data] lable; did you mean 'label'?"),
        ({"data": DATA, "trian": {}}, "unknown key [trian]; did you mean 'train'?"),
        ({"data": DATA, "train": {"epoch": 3}}, "unknown key [train] epoch; did you mean 'epochs'?"),
        (
            {"data": DATA, "train": {"momentum": 1.5}},
            "[train] momentum: input should be less than or equal to 1, got 1.5",
        ),
        ({"data": DATA, "splits": {"test": "two"}}, "[splits] test: input should be a valid integer"),
        (
            {"data": DATA, "model": {"features_at": ["block9"]}},
            "[model] features_at.0: input should be 'block1'",
        ),
        ({"data": {}}, "[data] plates is missing"),
        ({}, "[data] is missing"),
        ({"data": {**DATA, "positive": "control"}}, "positive and negative are both 'control'"),
        ({"data": {**DATA, "group": "diagnosis"}}, "label and group are both 'diagnosis'"),
        ({"data": {**DATA, "channels": list("abcd")}}, "[data] channels"),
        ({"data": DATA, "models": {"fitted": "forest"}}, "[models] fitted: the list lacks 'cnn'"),
        (
            {"data": DATA, "models": {"fitted": ["cnn", "forrest"]}},
            "[models] fitted: there is no model 'forrest'; did you mean 'forest'?",
        ),
        ({"data": DATA, "models": {"fitted": ["cnn", "cnn"]}}, "[models] fitted: the list names twice 'cnn'"),
    ],
)
def test_faults(values: dict[str, Any], sentence: str) -> None:
    """Each wrong setting is named with what was expected."""
    with pytest.raises(ConfigError) as caught:
        parse_config(values, Path("study.toml"))
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("study.toml: ")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"tuning": {"momentum": [0.9, 0.7]}}, "[tuning]: momentum bounds 0.9, 0.7 must rise"),
        ({"tuning": {"momentum": [0.9, 1.2]}}, "must rise and lie within 0 to 1"),
        ({"tuning": {"learning_rate": [0.0, 0.1]}}, "[tuning]: learning_rate bounds 0.0, 0.1 must rise"),
        ({"splits": {"validation": 0}}, "[tuning] sampler = 'tpe' needs validation groups"),
        (
            {"splits": {"validation": 0}, "tuning": {"sampler": "none"}, "train": {"keep": "best"}},
            "[train] keep = 'best' needs validation groups",
        ),
        (
            {
                "splits": {"validation": 0},
                "tuning": {"sampler": "none"},
                "models": {"fitted": ["logistic", "cnn"]},
            },
            "[logistic] c = [0.01, 0.1, 1.0, 10.0] needs validation groups, and [splits] validation is 0; "
            "set aside some, or take a single one",
        ),
        ({"splits": {"scheme": "leave-one-clone-out"}}, "[splits] scheme"),
        ({"model": {"arithmetic": "auto"}}, "[model] arithmetic"),
        ({"data": {**DATA, "images_per_clone": 0}}, "[data] images_per_clone"),
    ],
)
def test_settings_that_do_not_go_together(values: dict[str, Any], sentence: str) -> None:
    """A search needs validation groups, bounds must rise, schemes are named."""
    with pytest.raises(ConfigError) as caught:
        parse_config({"data": DATA} | values, Path("study.toml"))
    assert sentence in str(caught.value)


def test_all_faults_at_once() -> None:
    """A file with three faults says three."""
    values = {"data": {**DATA, "lable": 1}, "train": {"epochs": 0}, "tiles": {"grid": -1}}
    with pytest.raises(ConfigError) as caught:
        parse_config(values, Path("study.toml"))
    assert len(caught.value.faults) == 3


def test_defaults_are_the_study_s() -> None:
    """What the reference study publishes is the default."""
    config = parse_config({"data": DATA}, Path("x"))
    assert (config.splits.n_sets, config.splits.train, config.splits.validation, config.splits.test) == (
        55,
        10,
        3,
        2,
    )
    assert (config.train.batch_size, config.train.epochs, config.tiles.size) == (32, 64, 256)
    assert (config.model.backbone, config.model.features_at) == ("vgg16", ("block5",))


def test_template_says_every_setting_and_reads_back() -> None:
    """The file of `hcs study init` holds every key and means the defaults."""
    text = template({"data": {"plates": ['a "quoted" name.ome.zarr'], "label": "role"}})
    values = tomllib.loads(text)
    config = StudyConfig.model_validate(values)
    assert config.data.label == "role"
    assert [str(plate) for plate in config.data.plates] == ['a "quoted" name.ome.zarr']
    assert config.model == StudyConfig.model_validate({"data": DATA}).model
    for section, kind in StudyConfig.model_fields.items():
        for name in kind.annotation.model_fields:  # type: ignore[union-attr]  # every section is a model
            assert f"\n{name} =" in text or f"\n# {name} =" in text, (section, name)


def test_single_values_where_lists_are_expected() -> None:
    """``hidden = 256`` and ``channels = "GFP"`` are understood."""
    config = parse_config({"data": {**DATA, "channels": "GFP"}, "model": {"hidden": 64}}, Path("x"))
    assert config.data.channels == ("GFP",)
    assert config.model.hidden == (64,)


def test_files(tmp_path: Path) -> None:
    """Plates are found relative to the file; absent plates, broken TOML and no file are sentences."""
    file = tmp_path / "study.toml"
    with pytest.raises(NotThereError, match="hcs study init"):
        read_config(file)
    file.write_text('[data\nplates = ["P1.ome.zarr"]')
    with pytest.raises(ConfigError, match="is not TOML"):
        read_config(file)
    file.write_text('[data]\nplates = ["P1.ome.zarr"]')
    with pytest.raises(ConfigError, match="does not exist"):
        read_config(file)
    (tmp_path / "P1.ome.zarr").mkdir()
    assert read_config(file).data.plates == (tmp_path / "P1.ome.zarr",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("deep = " + "[" * 50_000, "nested too deep"),
        ("digits = " + "1" * 5000, "is not TOML"),
        ('[data]\nplates = ["P1.ome.zarr", "./P1.ome.zarr"]', "P1.ome.zarr is named twice"),
    ],
    ids=["deep", "digits", "twice"],
)
def test_files_that_would_break_what_comes_after(tmp_path: Path, text: str, message: str) -> None:
    """Nesting without end and a plate named twice are refused where the file is read."""
    (tmp_path / "P1.ome.zarr").mkdir()
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_config(tmp_path / "study.toml")
