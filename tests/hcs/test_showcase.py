"""Which tiles are shown, and how."""

import numpy as np

from hcs.showcase import gallery, study_facts
from hcs.study import Study


def test_gallery_shows_each_kind(small_study: Study) -> None:
    """Typical tiles of different clones of each class, and the wells of neither class."""
    tiles = gallery(small_study.tiles, small_study.table("scores"), "ALS", "control")
    kinds = {
        kind: [tile.caption for tile in tiles if tile.kind == kind] for kind in {tile.kind for tile in tiles}
    }
    assert len(kinds["ALS"]) == len(kinds["control"]) == 4
    assert len({caption.split(",")[0] for caption in kinds["ALS"]}) == 4
    assert [caption.split(" field")[0] for caption in kinds["scored only"]] == ["P1 B03", "P2 B03"]
    for tile in tiles:
        assert tile.image.dtype == np.uint8
        assert tile.image.shape == (64, 64)
        assert int(tile.image.max()) > 200


def test_facts_hold_every_table(small_study: Study) -> None:
    """The report sees what the results folder holds."""
    facts = study_facts(small_study)
    assert facts.models == ("cnn", "forest")
    assert facts.group_result("cnn").n_groups == 8
    assert dict(facts.formats) == {"P1": (4, 6), "P2": (4, 6)}
    assert facts.nested
