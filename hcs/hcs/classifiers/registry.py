"""The models there are, one line each; the first is the one that the verdict is about."""

from collections.abc import Iterable

from hcs.classifiers.cnn import Network
from hcs.classifiers.forest import Forest
from hcs.classifiers.logistic import Logistic
from hcs.classifiers.model import Model
from hcs_plates.errors import ArgumentError, nearest

MODELS: dict[str, Model] = {
    Network.name: Network(),
    Forest.name: Forest(),
    Logistic.name: Logistic(),
}

FIRST = next(iter(MODELS))
USUAL = (Network.name, Forest.name)
"""Fitted where a study does not say otherwise."""


def find_model(name: str, among: Iterable[str] = ()) -> Model:
    """Find a model by its name, among those of a study or among all.

    Examples
    --------
    >>> find_model("forest").title
    'random forest'
    >>> find_model("forrest")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: There is no model 'forrest'; did you mean 'forest'?
    """
    known = list(among) or list(MODELS)
    if name not in known:
        raise ArgumentError(f"There is no model {name!r}; {nearest(name, known)}")
    return MODELS[name]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Order names of models as the registry has them, others after.

    Examples
    --------
    >>> in_order(["svm", "forest", "cnn"])
    ('cnn', 'forest', 'svm')
    """
    places = list(MODELS)
    return tuple(sorted(names, key=lambda name: places.index(name) if name in places else len(places)))


def fed(name: str) -> str:
    """Say what a model is fed, features or measurements; nothing is known of others."""
    return MODELS[name].fed if name in MODELS else ""
