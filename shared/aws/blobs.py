"""Raw bodies and files in S3."""

from typing import TYPE_CHECKING

from shared.aws.faults import translated
from shared.ports import Blobs, Journal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Blobs(Blobs):
    """Reading a name that was never put, or is past its lifecycle, raises RejectedError."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, name: str, content: bytes) -> None:
        with translated("PutObject"):
            self._client.put_object(Bucket=self._bucket, Key=name, Body=content)

    def get(self, name: str) -> bytes:
        with translated("GetObject"):
            answer = self._client.get_object(Bucket=self._bucket, Key=name)
            return answer["Body"].read()


class S3Journal(S3Blobs, Journal):
    """Names are keys; S3 lists them in order of their UTF-8 bytes."""

    def names(self, prefix: str, *, after: str = "", limit: int = 100) -> list[str]:
        with translated("ListObjectsV2"):
            answer = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=limit
            )
        return [one["Key"] for one in answer.get("Contents", [])]
