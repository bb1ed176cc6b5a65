"""Credentials from Secrets Manager, kept in memory for five minutes and nowhere else."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.aws.faults import translated
from shared.errors import AccessError
from shared.ports import Clock

KEPT_FOR = timedelta(minutes=5)


class Secrets:
    def __init__(self, client: Any, arns: Mapping[str, str], clock: Clock) -> None:
        self._client = client
        self._arns = arns
        self._clock = clock
        self._kept: dict[str, tuple[datetime, Mapping[str, object]]] = {}

    def read(self, connection: str) -> Mapping[str, object]:
        """The JSON object kept for a connection; AccessError when it is not one."""
        now = self._clock.now()
        kept = self._kept.get(connection)
        if kept is not None and now - kept[0] < KEPT_FOR:
            return kept[1]
        with translated("GetSecretValue"):
            answer = self._client.get_secret_value(SecretId=self._arns[connection])
        try:
            said = json.loads(answer["SecretString"])
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise AccessError(f"the secret of {connection} is not a JSON object")
        self._kept[connection] = (now, said)
        return said
