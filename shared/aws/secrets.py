"""Credentials from Secrets Manager, kept in memory for five minutes and nowhere else."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.aws.faults import translated
from shared.errors import AccessError, RejectedError
from shared.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_FOR = timedelta(minutes=5)


class Secrets:
    def __init__(
        self, client: "SecretsManagerClient", arns: Mapping[str, str], clock: Clock
    ) -> None:
        self._client = client
        self._arns = arns
        self._clock = clock
        self._kept: dict[str, tuple[datetime, Mapping[str, object]]] = {}

    def read(self, connection: str) -> Mapping[str, object]:
        """The JSON object kept for a connection; AccessError when a person must put one there."""
        now = self._clock.now()
        kept = self._kept.get(connection)
        if kept is not None and now - kept[0] < KEPT_FOR:
            return kept[1]
        said = _object(self._text(connection))
        if said is None:
            raise AccessError(f"the secret of {connection} is not a JSON object")
        self._kept[connection] = (now, said)
        return said

    def _text(self, connection: str) -> str:
        arn = self._arns.get(connection)
        if arn is None:
            raise AccessError(f"no secret of {connection} was given to this function")
        try:
            with translated("GetSecretValue"):
                return self._client.get_secret_value(SecretId=arn).get("SecretString", "")
        except RejectedError as error:
            raise AccessError(f"there is no secret of {connection}: {error.code}") from error


def _object(text: str) -> dict[str, object] | None:
    try:
        said = json.loads(text)
    except ValueError:  # its message would quote the secret
        return None
    return said if isinstance(said, dict) else None
