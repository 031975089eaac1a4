"""A bank of heads: many heads trained on one set of features, each with its own rows, labels and settings.

The features are held once, in the precision they are stored in, and every head gathers its rows from them;
so 55 sets × 20 trials need no more memory than one head does per thread.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
from dask.system import CPU_COUNT
from sklearn.utils.class_weight import compute_class_weight

from hcs_models.headspec import Architecture, HeadRows, HeadSettings
from hcs_models.trained import TrainedHead
from hcs_models.trainer import as_tensor, train_head
from hcs_plates.errors import ArgumentError
from hcs_plates.units import Progress

MEMORY = 2 * 2**30
"""Bytes that heads in training may take together, if not said otherwise."""
BLOCK = 2**22
"""Feature values that are standardised or scored in float64 at once."""

ClassWeight = Mapping[int, float] | str | None


class HeadBank:
    """Features, and heads of one architecture trained on them, several at once.

    A head's numbers do not depend on the heads beside it: trained alone or among hundreds, on one thread or
    many, it is the same bits.

    Parameters
    ----------
    features
        Array of shape (n, views, n_features), float16 or float32; view 0 is the tile itself.
    n_classes
        Classes to tell apart.
    hidden
        Widths of the hidden layers (ReLU); () is logistic regression.
    batch_size
        Rows per step (the last step of an epoch may have fewer).
    memory
        Bytes that heads in training may take together; at least one is trained at a time.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> classes = np.repeat([0, 1], 20)
    >>> features = (rng.normal(size=(40, 1, 3)) + 2 * classes[:, None, None]).astype(np.float32)
    >>> bank = HeadBank(features, hidden=())
    >>> rows = bank.rows(np.arange(0, 40, 2), classes[::2])
    >>> slow, fast = bank.fit([(rows, HeadSettings(learning_rate=rate, epochs=5)) for rate in (1e-6, 1e-1)])
    >>> bool(fast.history["loss"].iloc[-1] < slow.history["loss"].iloc[-1])
    True
    """

    def __init__(
        self,
        features: npt.NDArray[Any],
        *,
        n_classes: int = 2,
        hidden: Sequence[int] = (128,),
        batch_size: int = 32,
        memory: int = MEMORY,
    ) -> None:
        if features.ndim != 3 or features.dtype not in (np.float16, np.float32):
            raise ArgumentError(
                f"features are {features.dtype} of shape {features.shape}; a bank takes float16 or float32 "
                "of shape (n, views, n_features)."
            )
        self.features = features
        self.memory = memory
        self.architecture = Architecture(
            features.shape[2],
            tuple(int(width) for width in hidden),
            n_classes,
            batch_size,
            str(features.dtype),
        )
        self._tensor = as_tensor(features.reshape(-1, features.shape[2]))

    def __repr__(self) -> str:
        n, views, width = self.features.shape
        return f"<HeadBank: {n} tiles × {views} views × {width} features, hidden {self.architecture.hidden}>"

    def rows(
        self,
        train: npt.NDArray[np.integer[Any]],
        train_classes: npt.NDArray[np.integer[Any]],
        validation: npt.NDArray[np.integer[Any]] | None = None,
        validation_classes: npt.NDArray[np.integer[Any]] | None = None,
        *,
        class_weight: ClassWeight = "balanced",
    ) -> HeadRows:
        """Choose the rows of a head; its standardisation is taken from the training rows alone.

        Parameters
        ----------
        train, validation
            Rows of the features, shapes (n,) and (m,).
        train_classes, validation_classes
            Class numbers of these rows.
        class_weight
            ``balanced``: all classes weigh alike. None: all rows. A mapping: by class number. Training rows
            weigh 1 on average, so that the learning rate keeps its meaning.

        Raises
        ------
        ArgumentError
            No training row of some class, rows that are not there, a row both learnt from and validated on.
        """
        held = np.empty(0, dtype=np.int64) if validation is None else np.asarray(validation)
        held_classes = np.empty(0, dtype=np.int64) if validation is None else np.asarray(validation_classes)
        train, train_classes = np.asarray(train), np.asarray(train_classes)
        self._check_rows("training", train, train_classes)
        self._check_rows("validation", held, held_classes)
        lacking = np.setdiff1d(np.arange(self.architecture.n_classes), train_classes)
        if len(lacking):
            raise ArgumentError(
                f"No training row is of class {lacking[0]}; a head needs rows of every class."
            )
        both = np.intersect1d(train, held)
        if len(both):
            raise ArgumentError(f"Row {both[0]} is learnt from and validated on; the two must be apart.")
        known = np.arange(self.architecture.n_classes)
        share = compute_class_weight(class_weight, classes=known, y=train_classes)
        views = self.features.shape[1]
        mean, scale = standardisation(self.features, train)
        return HeadRows(
            train=train.astype(np.int64) * views,
            train_classes=train_classes.astype(np.int64),
            validation=held * views,
            validation_classes=held_classes,
            class_weights=share / share[train_classes].mean(),
            views=views,
            mean=mean,
            scale=scale,
        )

    def fit(
        self,
        heads: Sequence[tuple[HeadRows, HeadSettings]],
        *,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> list[TrainedHead]:
        """Train heads.

        Parameters
        ----------
        heads
            Rows and settings of each.
        workers
            Threads; one per core if None, and never more than fit into `memory`.
        progress
            Told how many are done, of how many.

        Returns
        -------
        list of TrainedHead
            In the order of `heads`.
        """
        trained = []
        with ThreadPoolExecutor(self.at_once(workers)) as pool:
            for head in pool.map(lambda one: train_head(self.architecture, self._tensor, *one), heads):
                trained.append(head)
                if progress is not None:
                    progress(len(trained), len(heads))
        return trained

    def at_once(self, workers: int | None = None) -> int:
        """How many heads are trained at the same time."""
        fitting = self.memory // self.architecture.head_bytes
        return max(1, min(workers or CPU_COUNT, fitting))

    def predict_proba(
        self, head: TrainedHead, rows: npt.NDArray[np.integer[Any]] | None = None
    ) -> npt.NDArray[np.float64]:
        """Probability of each class for the identity views of rows (all if None), shape (n, n_classes)."""
        wanted = np.arange(len(self.features)) if rows is None else np.asarray(rows)
        step = max(1, BLOCK // self.features.shape[2])
        parts = [
            head.predict_proba(self.features[wanted[first : first + step], 0])
            for first in range(0, len(wanted), step)
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.architecture.n_classes))

    def _check_rows(self, kind: str, rows: npt.NDArray[Any], classes: npt.NDArray[Any]) -> None:
        """Refuse rows that are not there and classes that do not fit."""
        if rows.shape != classes.shape or rows.ndim != 1:
            raise ArgumentError(
                f"{kind} rows of shape {rows.shape} and classes of shape {classes.shape} differ."
            )
        if len(rows) and (rows.min() < 0 or rows.max() >= len(self.features)):
            raise ArgumentError(f"{kind} rows must be within 0 to {len(self.features) - 1}.")
        if len(rows) and (classes.min() < 0 or classes.max() >= self.architecture.n_classes):
            raise ArgumentError(f"{kind} classes must be within 0 to {self.architecture.n_classes - 1}.")


def standardisation(
    features: npt.NDArray[Any], rows: npt.NDArray[np.integer[Any]]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean and standard deviation of every feature over some rows and all their views.

    In float64 and by blocks, so that the memory taken does not grow with the rows. A feature that never
    varies says nothing; its scale is 1, which keeps it at 0 instead of dividing by 0.

    Parameters
    ----------
    features
        Array of shape (n, views, n_features).
    rows
        Which.
    """
    step = max(1, BLOCK // (features.shape[1] * features.shape[2]))
    blocks = [rows[first : first + step] for first in range(0, len(rows), step)]
    count = len(rows) * features.shape[1]
    total = sum(features[block].sum(axis=(0, 1), dtype=np.float64) for block in blocks)
    mean = total / count
    squares = sum(((features[block] - mean) ** 2).sum(axis=(0, 1)) for block in blocks)
    spread = np.sqrt(squares / count).astype(np.float32)
    return mean.astype(np.float32), np.where(spread > 0, spread, np.float32(1))
