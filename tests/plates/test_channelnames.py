"""Which channel a name means."""

import pytest

from hcs_plates.channelnames import find_channel
from hcs_plates.errors import ArgumentError


@pytest.mark.parametrize(
    ("names", "asked", "found"),
    [
        (("Blue - FITC", "UV - DAPI"), "FITC", 0),
        (("Blue - FITC", "UV - DAPI"), "UV - DAPI", 1),
        (("Blue - FITC", "UV - DAPI"), "UV", 1),
        (("FITC - FITC", "FITC - Cy5"), "FITC", 0),
        (("FITC", "Blue - FITC"), "FITC", 0),
        (("Blue - FITC", "Green - FITC"), "FITC", "several channels 'FITC': Blue - FITC, Green - FITC; name"),
        (("FITC - a", "FITC - b"), "FITC", "several channels 'FITC': FITC - a, FITC - b"),
        (("GFP", "DNA"), "gfp", 0),
        (("gfp", "GFP"), "Gfp", "several channels 'Gfp': gfp, GFP"),
        (("gfp", "GFP"), "GFP", 1),
        (("anti-neurofilament H", "Hoechst 33342"), " hoechst ", 1),
        (("Cy3.5", "Cy5"), "Cy3", "no channel 'Cy3'; it has Cy3.5, Cy5"),
        (("wave 10", "wave 12"), "wave 1", "no channel 'wave 1'; it has wave 10, wave 12"),
        (("wave 1", "wave 12"), "wave 1", 0),
        (("w405", "w 488 nm"), "488", 1),
        (("w1405", "w 488 nm"), "405", "no channel '405'"),
        (("GFP", "DNA"), "", "no channel ''; it has GFP, DNA"),
        (("GFP", "DNA"), "N", 1),
        (("GFP", "DNA", "RNA"), "N", "several channels 'N': DNA, RNA"),
        (("a+b", "c"), "+", 0),
        (("GFP", "DNA"), ".", "no channel '.'"),
    ],
)
def test_channels_by_name(names: tuple[str, ...], asked: str, found: int | str) -> None:
    """A whole name, or a part that one channel alone has; else a sentence lists them."""
    if isinstance(found, int):
        assert find_channel(asked, names, "Plate P1") == found
    else:
        with pytest.raises(ArgumentError, match=f"^Plate P1 has {found}"):
            find_channel(asked, names, "Plate P1")
