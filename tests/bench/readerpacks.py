"""Seconds to make a pack for readers of a study of 30 clones, 10 readers of 100 images each.

    python tests/bench/readerpacks.py

The study is fabricated first (256 x 256 tiles, 6,480 of them on 12 plates), which takes two minutes.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.hcs.readerstudy import fabricated

from hcs.readerstudy import PackSpec, new_pack
from hcs.study.folder import StudyResults

ASKED = {
    "same images": PackSpec(seed=1),
    "own images": PackSpec(seed=1, same_images=False),
    "one scale": PackSpec(seed=1, scale="pack"),
    "fields": PackSpec(seed=1, images="fields"),
}


def main() -> None:
    """Print a line for each way of asking."""
    fabricated.SIDE = 256
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = fabricated.write_study(folder, clones=30, plates=12, fields=9)
        for asked, spec in ASKED.items():
            study, start, busy = StudyResults.open(results), time.monotonic(), time.process_time()
            made = new_pack(study, folder / asked.replace(" ", "-"), spec)
            seconds, cpu = time.monotonic() - start, time.process_time() - busy
            files = list((made.pack.folder / "images").iterdir())
            size = files[0].stat().st_size
            print(f"{asked:12} {seconds:5.1f} s (CPU {cpu:.1f} s), {len(files)} files of {size:,} bytes")
    print("TensorFlow was loaded" if "tensorflow" in sys.modules else "without TensorFlow")


if __name__ == "__main__":
    main()
