"""Dropped files by ranges: the fake and S3 say the same of every range and every version."""

from typing import Any

import boto3
import pytest

from shared.aws.config import config
from shared.aws.files import S3Files
from shared.errors import RejectedError
from shared.kit.clock import WallClock
from shared.ports import Files
from tests.fakes import MemoryFiles

NAME = "drop/erp/price/a b.csv"


class Drops:
    """Files, and how others drop them."""

    def __init__(self, files: Files, s3: Any) -> None:
        self.files = files
        self._s3 = s3

    def drop(self, content: bytes, **notes: str) -> None:
        if isinstance(self.files, MemoryFiles):
            self.files.drop(NAME, content, **notes)
        else:
            self._s3.put_object(Bucket="files", Key=NAME, Body=content, Metadata=notes)


@pytest.fixture(params=["memory", "moto"])
def drops(request: pytest.FixtureRequest) -> Drops:
    if request.param == "memory":
        return Drops(MemoryFiles(clock=WallClock()), None)
    request.getfixturevalue("aws")
    s3 = boto3.client("s3", config=config())
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return Drops(S3Files(s3, "files"), s3)


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 4, b"0123"), (3, 4, b"3456"), (8, 4, b"89"), (10, 4, b""), (11, 4, b"")],
)
def test_a_range_is_what_lies_there_and_never_more(
    drops: Drops, start: int, length: int, expected: bytes
) -> None:
    drops.drop(b"0123456789")
    piece = drops.files.read(NAME, start=start, length=length)
    assert (piece.content, piece.size) == (expected, 10)
    assert piece.put_at.tzinfo is not None


def test_an_empty_file_is_a_file(drops: Drops) -> None:
    drops.drop(b"", decimal="comma")
    piece = drops.files.read(NAME, start=0, length=4)
    assert (piece.content, piece.size, dict(piece.notes)) == (b"", 0, {"decimal": "comma"})


def test_what_was_said_beside_a_file_comes_with_it(drops: Drops) -> None:
    drops.drop(b"x", decimal="comma")
    assert dict(drops.files.read(NAME, start=0, length=4).notes) == {"decimal": "comma"}


def test_a_version_is_read_until_another_takes_its_place(drops: Drops) -> None:
    drops.drop(b"first")
    version = drops.files.read(NAME, start=0, length=1).version
    assert '"' not in version
    assert drops.files.read(NAME, start=1, length=4, version=version).content == b"irst"
    drops.drop(b"second")
    with pytest.raises(RejectedError) as raised:
        drops.files.read(NAME, start=1, length=4, version=version)
    assert raised.value.code == "PreconditionFailed"


def test_a_file_that_was_never_dropped_is_refused(drops: Drops) -> None:
    with pytest.raises(RejectedError) as raised:
        drops.files.read(NAME, start=0, length=4)
    assert raised.value.code == "NoSuchKey"
