import boto3
import pytest

from shared.aws.blobs import S3Blobs
from shared.aws.config import config
from shared.errors import AccessError, RejectedError, RetryableError, ThrottledError
from shared.ports import Blobs
from tests.aws.scripted import script
from tests.fakes import MemoryBlobs


@pytest.fixture(params=["memory", "moto"])
def blobs(request: pytest.FixtureRequest) -> Blobs:
    if request.param == "memory":
        return MemoryBlobs()
    request.getfixturevalue("aws")
    s3 = boto3.client("s3", config=config())
    s3.create_bucket(
        Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return S3Blobs(s3, "archive")


@pytest.mark.parametrize("content", [b"", bytes(range(256)), b"x" * 6_000_000])
def test_bytes_come_back_as_they_were(blobs: Blobs, content: bytes) -> None:
    blobs.put("raw/shop/2026-11-27/1.z", content)
    assert blobs.get("raw/shop/2026-11-27/1.z") == content


def test_the_last_put_of_a_name_is_kept(blobs: Blobs) -> None:
    blobs.put("raw/1", b"first")
    blobs.put("raw/1", b"second")
    assert blobs.get("raw/1") == b"second"


def test_a_name_never_put_is_refused(blobs: Blobs) -> None:
    blobs.put("raw/10", b"other")
    with pytest.raises(RejectedError) as raised:
        blobs.get("raw/1")
    assert raised.value.code == "NoSuchKey"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AccessDenied", AccessError),
        ("SlowDown", ThrottledError),
        ("InternalError", RetryableError),
    ],
)
def test_every_error_says_what_to_do_next(code: str, error: type[Exception]) -> None:
    s3 = boto3.client("s3", config=config())
    script(s3, "s3.PutObject", code)
    with pytest.raises(error) as raised:
        S3Blobs(s3, "archive").put("raw/1", b"x")
    assert type(raised.value) is error
