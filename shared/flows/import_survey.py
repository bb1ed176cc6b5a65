"""The first pass over a dropped file: nothing is applied, all of it is looked at, then judged.

A file that looks as it should is then read again and applied. One that does not is held whole: what
was known before stays, and the file lies where it was dropped until a person has ruled on it.
"""

import json
from collections.abc import Sequence
from dataclasses import field
from typing import Final

from shared.domain.feeds import Surveyor, shifted
from shared.domain.price_rows import RowReader
from shared.errors import RejectedError
from shared.flows import held_files, import_run, keys
from shared.flows.import_pass import OvertakenError, Pass
from shared.flows.issues import Problem
from shared.frozen import slotted
from shared.kit.records.record import Place, Record
from shared.model.base import Json, as_json
from shared.model.facts import PriceCard
from shared.model.feeds import Survey
from shared.model.issue import IssueKind
from shared.model.policies import FeedLimits
from shared.model.price import PriceCondition
from shared.model.steps import Step

SAMPLED: Final = 2 * 1024 * 1024  # bytes of a file of which every row is compared


@slotted
class SurveyPass(Pass):
    """Looks at each row; compares every one, or of large files every n-th, with what is known."""

    reader: RowReader = field(kw_only=True)
    limits: FeedLimits = field(kw_only=True)
    every: int = field(kw_only=True)
    start: Place = field(kw_only=True)

    def _take(self, chunk: Sequence[Record], *, whole: bool = False) -> None:
        del whole
        good, bad = self._read(chunk)
        surveyor = Surveyor.of(self.run.survey or Survey())
        for line, error in bad:
            surveyor.refuse(line, error)
        surveyor.read(len(good))
        self._compare(surveyor, [(i, c) for i, c in good if i % self.every == 0])
        end = chunk[-1]
        said = {"survey": surveyor.survey, "lost": end.line if end.rest_lost else self.run.lost}
        self.run = self.run.model_copy(update=said).at(end.after)

    def _read(
        self, chunk: Sequence[Record]
    ) -> tuple[list[tuple[int, PriceCondition]], list[tuple[int, RejectedError]]]:
        """By line, what can be understood and what cannot."""
        good: list[tuple[int, PriceCondition]] = []
        bad: list[tuple[int, RejectedError]] = []
        for record in chunk:
            try:
                if isinstance(record.row, RejectedError):
                    raise record.row
                if record.row is not None:
                    good.append((record.line, self.reader.condition(record.row)))
            except RejectedError as error:
                bad.append((record.line, error))
        return good, bad

    def _compare(self, surveyor: Surveyor, rows: Sequence[tuple[int, PriceCondition]]) -> None:
        places = {c.sku: keys.price(c.sku, self.dropped.connection) for _, c in rows}
        cards = {
            key: PriceCard.model_validate(row.body)
            for key, row in self.store.get(places.values()).items()
        }
        for line, condition in rows:
            card = cards.get(places[condition.sku])
            surveyor.compare(line, condition, card.conditions if card else ())

    def _finish(self) -> bool:
        """Judge the file; False if it is to be read again, and applied."""
        survey = (self.run.survey or Survey()).model_copy(update={"done": True})
        before = import_run.last_rows(self.store, self.dropped)
        reasons = shifted(survey, self.limits, before=before)
        said: dict[str, object] = {"survey": survey, "lost": None, "heard": self.clock.now()}
        if reasons:
            self._hold(survey, reasons, said)
            return True
        self.run = self.run.model_copy(update=said).at(self.start)
        writes = [import_run.put(self.dropped.name, self.run, expected=self.rev)]
        if not self.store.commit_together([*writes, *held_files.gone(self.store, self.dropped)]):
            raise OvertakenError
        self.issues.solve(IssueKind.FEED_HELD, self.dropped.subject, by="a later file")
        return False

    def _hold(self, survey: Survey, reasons: tuple[Step, ...], said: dict[str, object]) -> None:
        """The report and the exception before the row, so that neither can be lost."""
        report = f"{self.dropped.report(self.run.started)}-held.json"
        told: dict[str, Json] = {
            "file": self.dropped.name,
            "reasons": as_json(reasons),
            **survey.model_dump(mode="json"),
        }
        self.files.put(report, json.dumps(told, ensure_ascii=False, indent=1).encode())
        self.issues.report([self._held_problem(reasons, report)])
        self.run = self.run.model_copy(update={**said, "held": reasons}).at(self.start)
        writes = [import_run.put(self.dropped.name, self.run, expected=self.rev)]
        listing = held_files.listing(self.store, self.dropped, self.run)
        if not self.store.commit_together([*writes, listing]):
            raise OvertakenError

    def _held_problem(self, reasons: Sequence[Step], report: str) -> Problem:
        why = "; ".join(step.detail for step in reasons)
        return Problem(
            kind=IssueKind.FEED_HELD,
            subject=self.dropped.subject,
            connection=self.dropped.connection,
            summary=f"nothing of {self.dropped.name} was applied: {why}; the report is {report}",
            remedy="approve the file if it is meant, with `shelfwire approvals approve` or POST "
            "/v1/approvals; else reject it, and drop a correct one",
            field=reasons[0].rule,
            value=reasons[0].detail[:200],
        )
