"""The small form of `python -m tests.load.price_file`."""

import gc
import tracemalloc
from pathlib import Path

from tests.load.price_file import Load, taken_in


def test_every_broken_row_is_reported_and_every_article_has_one_card(tmp_path: Path) -> None:
    said = taken_in(Load(rows=20_000, broken=20), tmp_path)
    assert said["ok"]
    assert (said["rows"], said["refused"], said["reported"]) == (20_000, 20, 20)
    assert (said["cards"], said["exceptions"]) == (5_000, 1)


def test_a_file_that_is_looked_at_first_ends_the_same(tmp_path: Path) -> None:
    said = taken_in(Load(rows=20_000, broken=20, judged=True), tmp_path)
    assert said["ok"]
    assert (said["rows"], said["reported"], said["cards"]) == (20_000, 20, 5_000)


def test_a_file_many_times_the_size_of_a_piece_is_never_held(tmp_path: Path) -> None:
    gc.collect()
    tracemalloc.start()
    try:
        said = taken_in(Load(rows=20_000, broken=20, padding=3_000), tmp_path)
        peak_mib = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    file_mib = said["file_mib"]
    assert isinstance(file_mib, float)
    assert said["ok"]
    assert peak_mib < file_mib / 3
