"""Hold all stock we know against what its source says, page by page, as a safety net.

The source is read whole, as a poll reads it, and each page is put down before the next: a run is
resumed by message where it stopped. Once all is read, articles the source told of before and did
not list are asked about by name: what it has none of then is gone. What differs is counted by
cause, and the source's figure is taken or asked about, as the retailer says.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from shared.domain import accuracy
from shared.flows import keys, roster
from shared.flows.apply import apply
from shared.flows.issues import Issues, Problem, lockout_told, refused
from shared.flows.listing import Listing
from shared.flows.vanished import asked, holding
from shared.frozen import frozen
from shared.model.accuracy import Accuracy, Difference, Variance
from shared.model.base import Canonical, Json
from shared.model.facts import StockCard
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.policies import Repairing
from shared.model.retailer import Retailer
from shared.ports import Clock, FactSource, Message, Page, Put, Queues, Store

RUN_MAX: Final = timedelta(minutes=20)  # a run not heard of for this long was lost
LOOKED_FOR: Final = 250  # of the source's roster, at a time
BEGIN: Final = "all-stock"
"""What a message compares that begins or goes on with a run: `{"compare": "all-stock"}`."""


class Progress(Canonical):
    """The comparison under way, where it goes on, and the last one that was finished.

    `page` is the source's next, and `pages` how many were read. Once it is read to its end, `after`
    is the last article of the source's roster that was looked at.
    """

    run: Accuracy | None = None
    page: str | None = None
    pages: int = 0
    after: str | None = None
    last: Accuracy | None = None


@frozen
class SourceComparer:
    connection: str
    source: FactSource
    store: Store
    queues: Queues
    issues: Issues
    clock: Clock
    retailer: Retailer

    def handle(
        self, message: Mapping[str, str], *, out_of_time: Callable[[], bool]
    ) -> Accuracy | None:
        """Begin or go on; what was found once all is compared. `repair` is for this run alone."""
        if "run" not in message:
            self._begin(Repairing(message.get("repair", self.retailer.accuracy.repair)))
            return None
        with lockout_told(self.issues, self.connection):
            return self._go_on(message["run"], out_of_time)

    def _begin(self, policy: Repairing) -> None:
        rev, before = found(self.store, self.connection)
        now = self.clock.now()
        if before.run is not None and now < before.run.heard + RUN_MAX:
            return
        run = Accuracy(source=self.connection, policy=policy, started=now, heard=now)
        if self._put(Progress(run=run, last=before.last), rev):
            self._continue(run)

    def _continue(self, run: Accuracy) -> None:
        body = {"compare": BEGIN, "run": run.started.isoformat()}
        self.queues.send([Message(keys.read_queue(self.connection), body)])

    def _go_on(self, name: str, out_of_time: Callable[[], bool]) -> Accuracy | None:
        listing = Listing(self.connection, name, self.store)
        listed: frozenset[str] | None = None
        while True:
            rev, progress = found(self.store, self.connection)
            run = progress.run
            if run is None or run.started.isoformat() != name:
                return None
            if progress.after is None:
                ahead: Progress | None = self._read(run, progress, listing)
            else:
                listed = listing.skus() if listed is None else listed
                ahead = self._looked_for(run, progress, listed)
            if ahead is None:
                return self._finished(run, rev)
            if not self._put(ahead, rev):
                return None
            if out_of_time():
                self._continue(run)
                return None

    def _read(self, run: Accuracy, progress: Progress, listing: Listing) -> Progress:
        """A page of what the source lists; what it holds is not missed later."""
        read_until = self._read_until()
        page: Page[Any] = self.source.changed(Entity.STOCK, since=None, page=progress.page)
        skus = {card.sku for card in page.items}
        roster.complete(self.connection, skus, self.store)
        skus |= {one.subject for one in page.refused}
        listing.note(progress.pages, skus, now=self.clock.now())
        at = {"page": page.next, "pages": progress.pages + 1, "after": None if page.next else ""}
        return progress.model_copy(update={"run": self._compared(run, page, read_until), **at})

    def _looked_for(
        self, run: Accuracy, progress: Progress, listed: frozenset[str]
    ) -> Progress | None:
        """Some of the source's roster, those not listed asked about by name; None at its end."""
        source, store, now = self.connection, self.store, self.clock.now()
        names = roster.told(store, source, after=progress.after or "", limit=LOOKED_FOR)
        if not names:
            return None
        unlisted = (sku for sku in names if sku not in listed)
        missed = [*holding(unlisted, entity=Entity.STOCK, source=source, store=store, now=now)]
        read_until = self._read_until()
        page: Page[StockCard] = Page(())
        if missed:
            page = asked(self.source, missed, source=source, store=store, now=now)
        compared = self._compared(run, page, read_until)
        return progress.model_copy(update={"run": compared, "after": names[-1]})

    def _compared(self, run: Accuracy, page: Page[StockCard], read_until: datetime | None
    ) -> Accuracy:  # fmt: skip
        rows = self.store.get(keys.stock(card.sku, self.connection) for card in page.items)
        differences: list[Difference | None] = []
        for card in page.items:
            row = rows.get(keys.stock(card.sku, self.connection))
            known = StockCard.model_validate(row.body) if row else None
            differences += accuracy.held_against(known, card, read_until=read_until)
        differences += [
            Difference(sku=one.subject, location=one.value, cause=Variance.LOCATION)
            for one in page.refused
            if one.field == "location"
        ]
        self.issues.report(refused(page.refused, connection=self.connection, entity=Entity.STOCK))
        if run.policy is Repairing.TAKE:
            apply(
                page.items,
                entity=Entity.STOCK,
                store=self.store,
                issues=self.issues,
                retailer=self.retailer,
            )
        ahead = accuracy.counted(run, differences)
        return ahead.model_copy(update={"heard": self.clock.now()})

    def _finished(self, run: Accuracy, rev: int) -> Accuracy | None:
        """Told before it is put down as done, so that the telling cannot be lost."""
        done = run.model_copy(update={"finished": self.clock.now()})
        differing = sum(done.differing.values())
        if differing and done.policy is Repairing.ASK:
            self.issues.report([self._problem(done, differing)])
        else:
            self.issues.solve(IssueKind.STOCK_DIFFERS, self.connection, by="a comparison")
        return done if self._put(Progress(last=done), rev) else None

    def _read_until(self) -> datetime | None:
        """Until when all that the source had is known: when the last whole reading began."""
        key = keys.cursor(self.connection, Entity.STOCK)
        row = self.store.get([key]).get(key)
        done = row.body.get("done") if row else None
        return datetime.fromisoformat(str(done)) if done else None

    def _put(self, progress: Progress, expected: int) -> bool:
        body = progress.model_dump(mode="json")
        return self.store.commit([Put(keys.accuracy(self.connection), body, expected)])[0]

    def _problem(self, done: Accuracy, differing: int) -> Problem:
        examples = "; ".join(_line(one) for one in done.examples)
        causes = ", ".join(f"{cause} {count}" for cause, count in done.differing.items())
        return Problem(
            kind=IssueKind.STOCK_DIFFERS,
            subject=self.connection,
            connection=self.connection,
            summary=f"{differing} of {done.compared} positions are not what {self.connection} "
            f"says ({causes}): {examples}",
            remedy="replay to take the source's figures; look at what tells of its movements",
            field="positions",
            value=str(differing),
            replay={
                "queue": keys.read_queue(self.connection),
                "compare": BEGIN,
                "repair": Repairing.TAKE.value,
            },
        )


def found(store: Store, source: str) -> tuple[int, Progress]:
    key = keys.accuracy(source)
    row = store.get([key]).get(key)
    return (row.rev, Progress.model_validate(row.body)) if row else (0, Progress())


def standing(store: Store, retailer: Retailer) -> list[dict[str, Json]]:
    """The last comparison of every source of stock that can be read."""
    sources = [name for name in retailer.stock_sources if not retailer.is_source(name)]
    return [_said(name, found(store, name)[1], retailer) for name in sources]


def _said(source: str, progress: Progress, retailer: Retailer) -> dict[str, Json]:
    said: dict[str, Json] = {
        "source": source,
        "facet": "stock",
        "policy": retailer.accuracy.repair.value,
        "running": progress.run is not None,
    }
    last = progress.last
    if last is None:
        return said | {"finished": None}
    return said | last.model_dump(mode="json", exclude={"source", "policy", "heard"})


def _line(one: Difference) -> str:
    known, said = ("nothing" if n is None else n for n in (one.known, one.said))
    return f"{one.sku} at {one.location}: known {known}, said {said} ({one.cause})"
