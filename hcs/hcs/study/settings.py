"""The settings of a study: `study.toml`, checked whole before anything runs.

Every default that the reference study does not publish (Imamura et al., Ann Neurol 2021;89:1226) is marked
"ours" in its description; the descriptions are also the comments of `hcs study init`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PositiveInt, field_validator, model_validator

from hcs.classifiers.cnn import ModelSettings, TrainSettings, TuningSettings
from hcs.classifiers.logistic import LogisticSettings
from hcs.classifiers.model import Model, Section, as_tuple
from hcs.classifiers.registry import FIRST, MODELS, USUAL, in_order
from hcs.study.settingsfile import checked, read_toml, sections, settings_text
from hcs_plates.errors import ConfigError, nearest
from hcs_plates.objects import as_place


class DataSettings(Section):
    """Which wells, and what is asked of them."""

    plates: tuple[Path, ...] = Field(min_length=1, description="plates, relative to this file")
    label: str = Field(
        "diagnosis", description="column of the wells table that is to be told from the images"
    )
    positive: str = Field("ALS", description="its value whose probability is predicted")
    negative: str = Field("control", description="its value to tell it from")
    group: str = Field("clone", description="column whose groups never stand on both sides of a split")
    where: str | None = Field(
        None, description="further filter of the wells table: columns compared with values ('passage < 40')"
    )
    channels: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] | None = Field(
        None, max_length=3, description="one to three channels; all of the plates' if left out"
    )
    time: int = Field(0, ge=0, description="which time point of a film is taken, counted from 0")
    images_per_clone: PositiveInt | None = Field(
        None,
        description="tiles drawn from each group, evenly over wells and fields (study: 225); all if left out",
    )

    @model_validator(mode="after")
    def _two_classes(self) -> Self:
        if self.positive == self.negative:
            raise ValueError(
                f"positive and negative are both {self.positive!r}; a study tells two values apart"
            )
        if self.label == self.group:
            raise ValueError(f"label and group are both {self.label!r}; groups are units such as clones")
        return self


class DesignSettings(Section):
    """What was settled before the experiment."""

    records: Annotated[tuple[Path, ...], BeforeValidator(as_tuple)] = Field(
        (),
        description="records of eligibility, layout, blinding and power, relative to this file; the report "
        "tells them, no number depends on them",
    )


class TileSettings(Section):
    """How fields become tiles."""

    size: int = Field(256, ge=32, le=1024, description="side of a tile, pixels (the study's 256)")
    grid: int = Field(1, ge=1, le=32, description="tiles along each side of a field; 1 is the study's")
    z: Literal["max", "mean", "best-focus"] = Field(
        "max", description="what becomes of a z stack: max (ours), mean or best-focus"
    )


class SplitSettings(Section):
    """Sets of training, validation and test groups."""

    scheme: Literal["drawn", "leave-one-group-out", "leave-one-batch-out", "leave-one-plate-out"] = Field(
        "drawn", description="drawn: n_sets sets, evenly (the study's); the others test one at a time"
    )
    n_sets: int = Field(55, ge=1, description="how many sets (the study's 55)")
    train: int = Field(
        10, ge=1, description="training groups, per class where a group has one label (study: 10)"
    )
    validation: int = Field(3, ge=0, description="validation groups (study: 3)")
    test: int = Field(2, ge=1, description="test groups (study: 2)")
    seed: int = Field(0, ge=0, description="seed of the draw")

    def counts(self) -> dict[str, int]:
        """Count the groups of each part, as `hcs_models.splits.clone_splits` takes them."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


class ForestSettings(Section):
    """What the forest, and any other model fed measurements, sees of a tile."""

    measured: Literal["cells", "tiles"] = Field(
        "cells", description="cells: measured in every field (the study's); tiles: intensity and texture"
    )
    columns: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = Field(
        ("cell_count", "mean_soma_area", "neurite_length"),
        min_length=1,
        description="of cells: the measurements used (the study's three); names without unit will do",
    )
    neurites: str | None = Field(None, description="of cells: channel of the neurites, if it must be said")
    nuclei: str | None = Field(None, description="of cells: channel of the nuclei, if it must be said")


class ModelsSettings(Section):
    """Which models are fitted."""

    fitted: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = Field(
        USUAL, description=f"of {', '.join(MODELS)}; {FIRST}, which the verdict is about, among them"
    )

    @field_validator("fitted")
    @classmethod
    def _known(cls, fitted: tuple[str, ...]) -> tuple[str, ...]:
        for name in (*fitted, FIRST):
            if name not in MODELS:
                raise ValueError(f"there is no model {name!r}; {nearest(name, MODELS)}")
            if fitted.count(name) != 1:
                held = "lacks" if name not in fitted else "names twice"
                raise ValueError(f"the list {held} {name!r}")
        return in_order(fitted)


class StudyConfig(Section):
    """All settings of a study."""

    data: DataSettings
    design: DesignSettings = DesignSettings()
    tiles: TileSettings = TileSettings()
    models: ModelsSettings = ModelsSettings()
    model: ModelSettings = ModelSettings()
    splits: SplitSettings = SplitSettings()
    train: TrainSettings = TrainSettings()
    tuning: TuningSettings = TuningSettings()
    forest: ForestSettings = ForestSettings()
    logistic: LogisticSettings = LogisticSettings()

    @property
    def fitted(self) -> tuple[Model, ...]:
        """The models of the study, in order."""
        return tuple(MODELS[name] for name in self.models.fitted)

    @model_validator(mode="after")
    def _validated(self) -> Self:
        for model in self.fitted if self.splits.validation == 0 else ():
            if needs := model.validates(self):
                raise ValueError(
                    f"{needs[0]} needs validation groups, and [splits] validation is 0; set aside some, or "
                    f"take {needs[1]}"
                )
        return self


SECTIONS = sections(StudyConfig)


def read_config(path: Path | str) -> StudyConfig:
    """Read and check a study file; paths become absolute.

    Raises
    ------
    NotThereError, ConfigError
        No file, not TOML, unknown keys (each with the nearest known one), values out of range: all at once.
    """
    file = Path(path)
    values = read_toml(file, "a study", f"make one with `hcs study init PLATE … --out {file.name}`")
    config = parse_config(values, file)
    plates = tuple(as_place(plate) or (file.parent / plate).resolve() for plate in config.data.plates)
    records = tuple((file.parent / record).resolve() for record in config.design.records)
    faults = [*_absent(plates, "[data] plates"), *_absent(records, "[design] records")]
    if faults:
        raise ConfigError(file, faults)
    return config.model_copy(
        update={
            "data": config.data.model_copy(update={"plates": plates}),
            "design": config.design.model_copy(update={"records": records}),
        }
    )


def _absent(files: Sequence[Path], setting: str) -> list[str]:
    """Name files of a setting that are not there, or are named twice."""
    twice = sorted({str(file) for file in files if files.count(file) > 1})
    return [
        *(f"{setting}: {file} does not exist" for file in files if not file.exists()),
        *(f"{setting}: {file} is named twice; name it once" for file in twice),
    ]


def parse_config(values: dict[str, Any], file: Path) -> StudyConfig:
    """Check settings read from `file`; raises ConfigError with every fault."""
    return checked(StudyConfig, values, file)


def template(values: Mapping[str, Mapping[str, Any]]) -> str:
    """Text of a study file with every setting, its default and what it means.

    Parameters
    ----------
    values
        Values by section that differ from the defaults; ``{"data": {"plates": [...]}}`` at least.
    """
    head = "A study for `hcs study run`. Every setting may be left out but [data] plates."
    return settings_text(StudyConfig, head, values)
