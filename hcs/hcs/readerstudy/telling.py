"""A pack in words: what readers are told before they begin, and what was dealt, for everybody else."""

import pandas as pd

from hcs.readerstudy.dealing import Dealt
from hcs.readerstudy.images import Images
from hcs.readerstudy.orders import apart_by
from hcs.readerstudy.pack import PackRecord
from hcs.readerstudy.spec import PackSpec
from hcs.wording import counted, plural, rounded, spaced


def told(
    counts: tuple[int, int, int], classes: tuple[str, str], channels: str, width_um: float | None
) -> tuple[str, ...]:
    """Give what readers are told: nothing of how often each class comes, but that both do.

    Parameters
    ----------
    counts
        Images to judge, of them twice, and with labels.
    classes
        The two labels.
    channels
        What the images show.
    width_um
        How wide each image is, where all are equally wide.
    """
    judged, repeats, training = counts
    first, second = map(spaced, classes)
    sentences = [
        f"You will see {counted(judged + repeats, 'image')} of cells, one at a time. Say of "
        f"each whether the cells are {first} or {second}, and whether you are sure.",
        "Both classes occur, in an order drawn by chance.",
    ]
    wide = "" if width_um is None else f"; each is {rounded(width_um)} µm wide"
    sentences.append(f"The images show {channels}{wide}.")
    if training:
        sentences.insert(1, f"Before that come {counted(training, 'image')} with their class, to learn from.")
    if repeats:
        sentences.append("Some images may come twice.")
    return tuple(sentences)


def record(images: Images, spec: PackSpec, dealt: Dealt, classes: tuple[str, str]) -> PackRecord:
    """Count what was dealt."""
    judged, repeats, training = dealt.counts
    shown = dealt.files.drop_duplicates("row")
    trained, tested = shown[shown["training"]], shown[~shown["training"]]
    first = dealt.judged(spec.names[0])

    def per_class(rows: object) -> dict[str, int]:
        return {label: int(rows[label]) if label in rows else 0 for label in classes}  # type: ignore[operator,index]

    counts = per_class(first["label"].value_counts())
    groups = per_class(tested.groupby("label")["group"].nunique())
    kept = per_class(trained.groupby("label")["group"].nunique())
    of_both = " and ".join(f"{counts[label]} {spaced(label)}" for label in classes)
    readers = len(spec.names)
    same = "the same " if spec.same_images and readers > 1 else ""
    headline = (
        f"{counted(readers, 'reader')} {'judges' if readers == 1 else 'judge'} {same}"
        f"{counted(judged, 'image')} of {images.groups(sum(groups.values()))} ({of_both})"
    )
    if repeats:
        headline += f", {repeats} of them twice"
    apart = not set(trained["group"]) & set(tested["group"])
    if training:
        of = sum(kept.values())
        whose = f"{of} other {plural(images.noun, of)}" if apart else images.groups(of)
        headline += f", after {training} labelled images of {whose}"
    sentences = dealt.cautions
    if not spec.same_images:
        several = int((pd.concat(map(dealt.judged, spec.names))["row"].value_counts() > 1).sum())
        sentences += (
            f"Two readers or more judge {counted(several, 'image')}; agreement rests on these alone.",
        )
    return PackRecord(
        headline=f"{headline}.",
        sentences=sentences,
        readers=readers,
        images=judged,
        repeats=repeats,
        training=training,
        classes=counts,
        groups=groups,
        training_groups=kept,
        noun=images.noun,
        same=spec.same_images,
        apart=apart_by(judged + repeats),
        kind=spec.images,
        scale=spec.scale,
    )
