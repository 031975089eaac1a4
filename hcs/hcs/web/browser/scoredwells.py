"""What a study says of the wells of a plate: blind scores and calls, of the well and of its clone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from hcs.classifiers.registry import in_order
from hcs.figures.theme import model_name
from hcs.study.folder import StudyResults
from hcs.tables.compared import Classes
from hcs.web.browser.value import RIGHT, WRONG, Value, WellPart
from hcs.wording import capital, spaced
from hcs_models.scores import called, called_right
from hcs_plates.coding import are_coded
from hcs_plates.errors import HcsError
from hcs_plates.plate import Plate

LEVELS = ("clone", "well")
GROUP, LABEL = "scored.group", "scored.label"
"""Columns that say whose a scored well is: its clone (or what else is kept together), and its class."""


@dataclass(frozen=True)
class StudyScores:
    """Scores and calls of a finished study.

    Parameters
    ----------
    title
        The study's name.
    classes
        What is told apart; `classes.noun` is what a unit of evidence is called.
    models
        Those that scored, the study's first one first.
    wells, groups, tiles, left_out
        The study's tables ``well_scores``, ``groups``, ``scores`` and ``left_out``; without columns where
        they cannot be read.
    digests
        Of the plates' images, by name.
    notices
        What cannot be shown, and why.
    """

    title: str
    classes: Classes
    models: tuple[str, ...]
    wells: pd.DataFrame
    groups: pd.DataFrame
    tiles: pd.DataFrame
    left_out: pd.DataFrame
    digests: dict[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @classmethod
    def of(cls, study: StudyResults) -> "StudyScores":
        """Read a study's tables; what is gone or damaged is told and left out."""
        data, tables, said = study.config.data, {}, []
        for name in ("well_scores", "groups", "scores", "left_out"):
            try:
                tables[name] = study.table(name)
            except HcsError as error:
                tables[name] = pd.DataFrame()
                said.append(f"The study's table of {spaced(name)} is left out: {error.message.rstrip('.')}.")
        wells = tables["well_scores"]
        models = in_order(wells["model"].drop_duplicates().astype(str)) if len(wells) else ()
        digests = {str(name): str(one["digest"]) for name, one in study.record.get("plates", {}).items()}
        classes = Classes(data.positive, data.negative, data.label, spaced(data.group))
        return cls(
            study.title,
            classes,
            models,
            wells=wells,
            groups=tables["groups"],
            tiles=tables["scores"],
            left_out=tables["left_out"],
            digests=digests,
            notices=tuple(said),
        )

    def of_plate(self, plate: Plate) -> WellPart:
        """Give what the study says of a plate's wells; nothing where it is `silent`."""
        if silent := self.silent(plate):
            return WellPart(notices=(silent,))
        columns: dict[str, pd.Series] = {}
        values: list[Value] = []
        for model in self.models:
            own = self.wells[(self.wells["model"] == model) & (self.wells["plate"] == plate.name)]
            own = own.set_index("well")
            # Of every model the same.
            columns[GROUP], columns[LABEL] = own["group"], own["label"]
            for level, scored in ((LEVELS[1], own), (LEVELS[0], self._of_groups(own, model))):
                made, offered = self._columns(model, level, scored)
                columns |= made
                values += offered
            columns[f"tiles.{model}"], columns[f"sets.{model}"] = own["n_tiles"], own["n_sets"]
            values += [Value(f"tiles.{model}", "tiles scored", self._group(model))]
            values += [Value(f"sets.{model}", "sets that did not train on it", self._group(model))]
        return WellPart(tuple(values), pd.DataFrame(columns))

    def silent(self, plate: Plate) -> str:
        """Say why the study says nothing of a plate; empty where it does."""
        if plate.name not in self.digests:
            return f"Plate {plate.name} is not of the study: it has no scores."
        if plate.digest != self.digests[plate.name]:
            return f"Plate {plate.name} holds other images than the study saw: its scores are left out."
        if are_coded(plate.spec.wells):
            return (
                f"Plate {plate.name} holds codes: scores and calls, which tell classes, are not shown of it."
            )
        return ""

    def _of_groups(self, wells: pd.DataFrame, model: str) -> pd.DataFrame:
        """Scores of the wells' clones, by well."""
        keys = ["group", "label"]
        groups = self.groups
        if groups.empty:
            return wells[keys].assign(probability=float("nan"))
        own = groups.loc[groups["model"] == model, [*keys, "probability"]]
        return wells[keys].reset_index().merge(own, on=keys, how="left").set_index("well")

    def _columns(
        self, model: str, level: str, scored: pd.DataFrame
    ) -> tuple[dict[str, pd.Series], list[Value]]:
        """Score, call and whether it is right, of wells or of their clones."""
        positive, negative = self.classes.both
        known, classed = scored["probability"].notna(), scored["label"].isin(self.classes.both)
        calls = called(scored["probability"]).map({True: positive, False: negative})
        right = called_right(scored, positive).map({True: RIGHT, False: WRONG})
        noun = level if level == LEVELS[1] else self.classes.noun
        group = self._group(model)
        columns = {
            f"{level}_score.{model}": scored["probability"],
            f"{level}_call.{model}": calls.astype(object).where(known, None),
            f"{level}_right.{model}": right.astype(object).where(known & classed, None),
        }
        titles = (
            f"score of the {noun} ({positive} is 1)",
            f"call of the {noun}",
            f"{noun} called right or wrong",
        )
        kinds = ("score", "label", "verdict")
        return columns, [
            Value(key, title, group, kind)  # type: ignore[arg-type]
            for key, title, kind in zip(columns, titles, kinds, strict=True)
        ]

    def _group(self, model: str) -> str:
        return f"Scores of {capital(model_name(model))}"

    def reasons(self, plate: str) -> dict[str, str]:
        """Why the study left wells of a plate out, by well."""
        if self.left_out.empty:
            return {}
        rows = self.left_out[self.left_out["what"] == "well"]
        own = rows[rows["where"].astype(str).str.startswith(f"{plate}/")]
        return {
            str(where).removeprefix(f"{plate}/"): str(reason)
            for where, reason in zip(own["where"], own["reason"], strict=True)
        }

    def of_fields(self, plate: str, well: str) -> pd.DataFrame:
        """Mean score of each field of a well over its tiles: field, and a column for each model."""
        if self.tiles.empty:
            return pd.DataFrame({"field": []})
        own = self.tiles[(self.tiles["plate"] == plate) & (self.tiles["well"] == well)]
        wide = own.pivot_table("probability", "field", "model", aggfunc="mean", sort=False)
        kept: Sequence[str] = [model for model in self.models if model in wide]
        return wide[list(kept)].reset_index().rename_axis(columns=None)
