"""Raw bodies and files in S3."""

from typing import Any

from shared.aws.faults import translated


class S3Blobs:
    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, name: str, content: bytes) -> None:
        with translated("PutObject"):
            self._client.put_object(Bucket=self._bucket, Key=name, Body=content)

    def get(self, name: str) -> bytes:
        with translated("GetObject"):
            answer = self._client.get_object(Bucket=self._bucket, Key=name)
            return bytes(answer["Body"].read())
