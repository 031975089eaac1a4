"""Scores of tiles: what each model says of each part of a field that it was not trained on."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hcs.figures.theme import NEGATIVE, OTHER, POSITIVE, model_name
from hcs.heatmaps.plates import Key
from hcs.study.folder import StudyResults
from hcs.tables.compared import Classes
from hcs.web.browser.overlays.overlay import Drawn, Offer, Overlay, Shown
from hcs.web.browser.overlays.tiles import cut_as, tile_area
from hcs.wording import capital, counted, spaced
from hcs_models.scores import called
from hcs_plates.errors import HcsError

MIDDLE = "#f4f6f8"
"""Colour of a score of 0.5, between those of the two classes."""
STEPS = 21
NAME = "scores"


class TileScores(Overlay):
    """A study's scores, a list of overlays by model."""

    def offers(self, shown: Shown) -> list[Offer]:
        """Offer each model that scored the field's tiles."""
        try:
            study = shown.studied()
            rows = field_rows(study.table("scores"), shown)
            time, classes = cut_as(study).time, classes_of(study)
            groups = study.table("groups")
        except HcsError as error:
            return [Offer(NAME, "Scores of tiles", "tiles", why=error.message)]
        if rows.empty:
            return [Offer(NAME, "Scores of tiles", "tiles", why=_unscored(study, shown))]
        return [
            Offer(
                f"{NAME}-{model}",
                f"Scores of tiles: {model_name(model)}",
                "tiles",
                said=tuple(_told(str(model), own, groups, classes)),
                time=time,
                key=score_key(classes),
            )
            for model, own in rows.groupby("model", sort=False)
        ]

    def mark(self, shown: Shown) -> str:
        """Give the digest of what the study is of."""
        return str(shown.studied().record["inputs"])

    def draw(self, shown: Shown) -> Mapping[str, Drawn]:
        """Place every tile's score on the field."""
        study = shown.studied()
        rows = field_rows(study.table("scores"), shown)
        layout = shown.ours().stored.layout
        cut, classes = cut_as(study), classes_of(study)
        return {
            f"{NAME}-{model}": Drawn.of_json(
                tiles=[
                    {
                        **vars(tile_area(int(row.tile), cut.grid, layout.height, layout.width)),
                        **score_told(row, classes),
                    }
                    for row in own.sort_values("tile").itertuples(index=False)
                ]
            )
            for model, own in rows.groupby("model", sort=False)
        }


def field_rows(table: pd.DataFrame, shown: Shown) -> pd.DataFrame:
    """Rows of a field, of a table with the columns plate, well and field."""
    plate = shown.ours().plate.name
    return table[(table["well"] == shown.well) & (table["field"] == shown.number) & (table["plate"] == plate)]


def classes_of(study: StudyResults) -> Classes:
    """Give what a study tells apart."""
    data = study.config.data
    return Classes(data.positive, data.negative, data.label, spaced(data.group))


def score_told(row: Any, classes: Classes) -> dict[str, Any]:
    """Say a tile's score: its text, its colour, and whether the call is right (None: it is of neither class).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> row = SimpleNamespace(probability=0.83, n_sets=6, label="control")
    >>> score_told(row, Classes("ALS", "control"))["text"]
    '0.83 (6 sets), called ALS: wrong'
    """
    if not row.n_sets:
        return {"text": "no score: every model was trained on it", "colour": OTHER, "right": None}
    up = bool(called(row.probability))
    text = f"{row.probability:.2f} ({counted(int(row.n_sets), 'set')})"
    right = up == (row.label == classes.positive) if row.label in classes.both else None
    if right is not None:
        text += f", called {spaced(classes.both[not up])}: {'right' if right else 'wrong'}"
    return {"text": text, "colour": score_colour(float(row.probability)), "right": right}


def score_colour(probability: float) -> str:
    """Colour of a score: from the negative class's over near white at 0.5 to the positive class's.

    Blue and vermilion are told apart with any of the common colour-vision deficiencies (Okabe and Ito 2008).

    Examples
    --------
    >>> score_colour(0.0), score_colour(0.5), score_colour(1.0)
    ('#0072b2', '#f4f6f8', '#d55e00')
    """
    ends = np.array([list(bytes.fromhex(one[1:])) for one in (NEGATIVE, MIDDLE, POSITIVE)])
    mixed = [round(float(np.interp(probability, (0.0, 0.5, 1.0), ends[:, part]))) for part in range(3)]
    return f"#{bytes(mixed).hex()}"


def score_key(classes: Classes) -> Key:
    """Say what the colours of scores mean."""
    stops = [score_colour(step) for step in np.linspace(0, 1, STEPS)]
    ticks = ((0.0, f"0 {spaced(classes.negative)}"), (0.5, "0.5"), (1.0, f"1 {spaced(classes.positive)}"))
    return Key(f"Probability of {spaced(classes.positive)}", stops=stops, ticks=ticks)


def _told(model: str, rows: pd.DataFrame, groups: pd.DataFrame, classes: Classes) -> Iterator[str]:
    """Say what the scores are, and the clone's own beside them: single images say little."""
    yield (
        f"Probability of {spaced(classes.positive)}, mean over the sets whose {model_name(model)} was not "
        f"trained on the {classes.noun}."
    )
    group, label = rows["group"].iloc[0], rows["label"].iloc[0]
    if group is None or pd.isna(group):
        return
    own = groups[(groups["model"] == model) & (groups["group"] == group) & (groups["label"] == label)]
    scored = own["probability"].dropna()
    named = f"{capital(classes.noun)} {group} ({spaced(label)})"
    if len(scored):
        up = bool(called(scored.iloc[0]))
        yield f"{named} as a whole: {scored.iloc[0]:.2f}, called {spaced(classes.both[not up])}."
    else:
        yield f"{named} was in no test set: it has no call as a whole."


def _unscored(study: StudyResults, shown: Shown) -> str:
    """Say why the study has no score of a field."""
    plate = shown.ours().plate.name
    places = (f"{plate}/{shown.well}", f"{plate}/{shown.well}/{shown.number}")
    reasons = ["its table lacks the field"]
    if study.has_table("left_out"):
        table = study.table("left_out")
        reasons = [*table.loc[table["where"].isin(places), "reason"], *reasons]
    return f"The study has no score of it: {reasons[0]}."
