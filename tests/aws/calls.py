"""How many AWS calls an operation costs, which is what it costs in CPU and in latency."""

from collections import Counter
from typing import Protocol

from botocore.client import BaseClient


class _Operation(Protocol):
    @property
    def name(self) -> str: ...


class CallCounter(Counter[str]):
    """Calls by operation name: `CallCounter(client)["BatchGetItem"]`, `counter.total()`."""

    def __init__(self, *clients: BaseClient) -> None:
        super().__init__()
        for client in clients:
            client.meta.events.register("before-parameter-build", self._count)

    def _count(self, model: _Operation, **_: object) -> None:
        self[model.name] += 1
