"""Carries what simulators send to the deployed API or into its queues, several at a time."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event, Lock, Thread

import httpx

from sandbox.queue_post import QueuePost
from sandbox.simulator import Delivery, Sender
from shared.kit.clock import WallClock
from shared.model.base import Json
from shared.ports import Clock

LOOK_S = 0.05
PATIENCE_S = 10.0
WORKERS = 8


@dataclass(frozen=True, slots=True)
class Outbox:
    """A sender and the lock that whoever calls its simulator holds."""

    sender: Sender
    lock: AbstractContextManager[object]


class Courier:
    """Asks every out-box what is due, and tells the answer it met.

    It posts to `<aim>/hooks/<connection>`, or puts into the queue that a delivery names.
    """

    def __init__(
        self,
        outboxes: Mapping[str, Outbox],
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._outboxes = dict(outboxes)
        self._clock = clock or WallClock()
        self._client = httpx.Client(transport=transport, timeout=PATIENCE_S, trust_env=False)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="courier")
        self._counts: Counter[str] = Counter()
        self._counting = Lock()
        self._stop = Event()
        self._held = False
        self._base = ""
        self._queues = QueuePost("")

    def control(self, name: str, /, **kwargs: Json) -> Json:
        """`aim(url, aws)` says where API and AWS are, `hold(on)` stops and resumes, `counts()`."""
        if name == "aim":
            self._base = str(kwargs["url"]).rstrip("/")
            self._queues = QueuePost(str(kwargs.get("aws") or ""))
        elif name == "hold":
            self._held = bool(kwargs["on"])
        elif name != "counts":
            raise ValueError(f"a courier cannot {name}; it can aim, hold, counts")
        with self._counting:
            return dict(self._counts)

    def start(self) -> None:
        Thread(target=self._run, name="courier", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def look(self) -> int:
        """Send off what is due now; how much it was."""
        if self._held or not self._base:
            return 0
        now, sent = self._clock.now(), 0
        for connection, outbox in self._outboxes.items():
            with outbox.lock:
                due = outbox.sender.due(now)
            for delivery in due:
                self._pool.submit(self._carry, connection, delivery)
            sent += len(due)
        return sent

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self.look():
                self._stop.wait(LOOK_S)

    def _carry(self, connection: str, delivery: Delivery) -> None:
        status = self._post(connection, delivery)
        outbox = self._outboxes[connection]
        with self._counting:
            self._counts[f"{connection}: {status or 'no answer'}"] += 1
        with outbox.lock:
            outbox.sender.answered(delivery, status, self._clock.now())

    def _post(self, connection: str, delivery: Delivery) -> int | None:
        if delivery.queue:
            return self._queues.put(delivery)
        url = f"{self._base}/hooks/{connection}"
        try:
            answer = self._client.post(url, content=delivery.body, headers=dict(delivery.headers))
        except httpx.TransportError:
            return None
        return answer.status_code
