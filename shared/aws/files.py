"""Dropped files in S3, read by ranges, so that a file of any size is held in pieces."""

from typing import TYPE_CHECKING

from shared.aws.blobs import S3Blobs
from shared.aws.faults import translated
from shared.errors import RejectedError
from shared.ports import Files, Piece

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

CHANGED = "PreconditionFailed"  # the file is no longer the version that was asked for
MISSING = "NoSuchKey"


class S3Files(S3Blobs, Files):
    """A version is the object's ETag without its quotes; notes are its user metadata."""

    def read(self, name: str, *, start: int, length: int, version: str | None = None) -> Piece:
        wanted: GetObjectRequestTypeDef = {
            "Bucket": self._bucket,
            "Key": name,
            "Range": f"bytes={start}-{start + length - 1}",
        }
        if version is not None:
            wanted["IfMatch"] = f'"{version}"'
        try:
            with translated("GetObject"):
                answer = self._client.get_object(**wanted)
                content = answer["Body"].read()
        except RejectedError as error:
            if error.code != "InvalidRange":
                raise
            return self._beyond(name)
        return Piece(
            content=content,
            size=int(answer["ContentRange"].rpartition("/")[2]),
            version=answer["ETag"].strip('"'),
            put_at=answer["LastModified"],
            notes=answer["Metadata"],
        )

    def _beyond(self, name: str) -> Piece:
        """Nothing lies at that range: the file is empty, or ends before it."""
        with translated("HeadObject"):
            said = self._client.head_object(Bucket=self._bucket, Key=name)
        version = said["ETag"].strip('"')
        return Piece(b"", said["ContentLength"], version, said["LastModified"], said["Metadata"])
