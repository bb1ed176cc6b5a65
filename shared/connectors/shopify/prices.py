"""Prices: variants of one product per call, several calls at once, an outcome per line."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched

from shared.connectors.shopify import mapping, price_schema, queries, schema
from shared.connectors.shopify.graphql import AdminApi
from shared.errors import RejectedError, SyncError
from shared.frozen import frozen
from shared.kit.isolating import Sent, isolate
from shared.model.base import Json
from shared.model.target import Outcome, Push, Verdict

NOT_LISTED = "not_listed"
_OF_PRODUCT = ("productId",)


def calls(pushes: Sequence[Push]) -> list[list[Push]]:
    """Lines of one product together, at most 250; lines the shop does not list by themselves."""
    groups: dict[str, list[Push]] = {}
    for push in pushes:
        groups.setdefault(push.links.get("product", ""), []).append(push)
    size = queries.ARRAY_MAX
    return [group[i : i + size] for group in groups.values() for i in range(0, len(group), size)]


def batches(pushes: Sequence[Push], at_once: int, most: int) -> list[list[Push]]:
    """Lines of as many calls as may be under way at once, a product each; `most` lines at most."""
    found: list[list[Push]] = []
    under_way = 0
    for call in calls(pushes):
        for part in batched(call, most, strict=False):
            if not found or under_way == at_once or len(found[-1]) + len(part) > most:
                found.append([])
                under_way = 0
            found[-1] += part
            under_way += 1
    return found


def operations(batch: Sequence[Push]) -> list[queries.Operation]:
    """The calls a batch makes if nothing is wrong with it."""
    return [queries.prices_set(len(call)) for call in calls(batch)]


@frozen
class Prices:
    """`currency` is the shop's: prices are sent as plain decimals and mean this money."""

    api: AdminApi
    currency: str
    at_once: int = 1

    def push(self, batch: Sequence[Push]) -> list[Outcome]:
        """Set the prices of one product's variants; a bad line does not hold up the others."""
        outcomes: dict[str, Outcome] = {}
        entries: dict[str, dict[str, object]] = {}
        for push in batch:
            try:
                entries[push.key] = self.entry(push)
            except RejectedError as error:
                outcomes[push.key] = mapping.rejected(push.key, error.code, str(error))
        good = [push for push in batch if push.key in entries]
        for wave in batched(calls(good), self.at_once, strict=False):
            try:
                outcomes |= self._send_all(wave, entries)
            except SyncError as error:
                if outcomes.keys() & entries.keys():  # what went before stands
                    outcomes |= _left(good, outcomes, error)
                    break
                raise
        return [outcomes[push.key] for push in batch]

    def shown(self, pushes: Sequence[Push]) -> dict[str, Json]:
        """The prices the shop shows, by key; a variant that is gone is absent."""
        keys = {push.links["variant"]: push.key for push in pushes if "variant" in push.links}
        ids = list(keys)
        found: dict[str, Json] = {}
        for i in range(0, len(ids), queries.ARRAY_MAX):
            some = ids[i : i + queries.ARRAY_MAX]
            operation = queries.prices(len(some))
            answer = self.api.call(operation, {"ids": some}, price_schema.PricesAnswer)
            for node in answer.nodes:
                if node is not None and node.id in keys:
                    found[keys[node.id]] = mapping.shown_price(node, self.currency)
        return found

    def entry(self, push: Push) -> dict[str, object]:
        """What is sent of a line; RejectedError if it cannot be."""
        variant = push.links.get("variant")
        if variant is None or "product" not in push.links:
            raise RejectedError("the shop does not list this article", code=NOT_LISTED)
        value = mapping.parse_price(push.desired)
        if value.price.currency != self.currency:
            raise RejectedError(
                f"price in {value.price.currency}, the shop sells in {self.currency}",
                code="currency",
            )
        return mapping.price_input(variant, value)

    def _send_all(
        self, groups: Sequence[Sequence[Push]], entries: Mapping[str, dict[str, object]]
    ) -> dict[str, Outcome]:
        """All at once; trouble with one product concerns its lines, with every one it is raised."""
        asked = [_asked(group, entries) for group in groups]
        answers = self.api.call_together(asked, price_schema.PricesSetAnswer)
        troubles = [answer for answer in answers if isinstance(answer, SyncError)]
        if troubles and len(troubles) == len(answers):
            raise troubles[0]
        outcomes: dict[str, Outcome] = {}
        for group, answer in zip(groups, answers, strict=True):
            if isinstance(answer, SyncError):
                kind = mapping.verdict_of(answer)
                outcomes |= {p.key: mapping.verdict(p.key, kind, "", str(answer)) for p in group}
                continue
            sent = self._judged(group, answer)
            outcomes |= self._isolated(group, entries) if sent.refused else by_key(sent.outcomes)
        return outcomes

    def _isolated(
        self, group: Sequence[Push], entries: Mapping[str, dict[str, object]]
    ) -> dict[str, Outcome]:
        """A product refused whole, nobody knows for which of its lines: look for them."""

        def send(lines: Sequence[Push]) -> Sent[Outcome]:
            operation, variables = _asked(lines, entries)
            try:
                answer = self.api.call(operation, variables, price_schema.PricesSetAnswer)
            except SyncError as error:
                kind = mapping.verdict_of(error)
                return Sent([mapping.verdict(p.key, kind, "", str(error)) for p in lines])
            return self._judged(lines, answer)

        return by_key(isolate(group, send, most=len(group), refused=True))

    def _judged(self, group: Sequence[Push], answer: price_schema.PricesSetAnswer) -> Sent[Outcome]:
        payload = answer.product_variants_bulk_update
        shown = {v.id: v for v in payload.product_variants or ()}
        faults = _Faults.of(payload.user_errors, len(group))
        outcomes = [self._outcome(push, i, shown, faults) for i, push in enumerate(group)]
        return Sent(outcomes, refused=faults.unnamed and not shown)

    def _outcome(
        self,
        push: Push,
        index: int,
        shown: Mapping[str, price_schema.PricedVariant],
        faults: "_Faults",
    ) -> Outcome:
        """Applied only where the answer shows the price we sent and no error may mean the line.

        Refused only where it does not: a shop that names the wrong place would refuse a good line.
        """
        named, theirs = faults.lines.get(index), shown.get(push.links["variant"])
        if named is not None and theirs is not None:
            compared = self._compared(push, theirs)
            if compared.verdict is Verdict.APPLIED:
                return mapping.verdict(push.key, Verdict.UNKNOWN, "another_line", named.message)
        if named is not None:
            kind = Verdict.RETRY if mapping.busy(named) else Verdict.REJECTED
            return mapping.verdict(push.key, kind, named.code or "refused", named.message)
        error = faults.loose
        if error is not None and not shown:
            kind = Verdict.RETRY if mapping.busy(error) else Verdict.REJECTED
            return mapping.verdict(push.key, kind, error.code or "refused", error.message)
        if error is not None:
            code = error.code or "unattributed"
            return mapping.verdict(push.key, Verdict.UNKNOWN, code, error.message)
        if theirs is None:
            return mapping.verdict(push.key, Verdict.UNKNOWN, "no_answer", "line not answered")
        return self._compared(push, theirs)

    def _compared(self, push: Push, theirs: price_schema.PricedVariant) -> Outcome:
        shows = mapping.shown_price(theirs, self.currency)
        if shows == mapping.general_price(push.desired):
            return Outcome(key=push.key, verdict=Verdict.APPLIED, shown=shows)
        return Outcome(key=push.key, verdict=Verdict.UNKNOWN, code="other_price", shown=shows)


@frozen
class _Faults:
    """User errors by the line they name; `loose` is one that names none."""

    lines: Mapping[int, schema.UserError]
    loose: schema.UserError | None

    @property
    def unnamed(self) -> bool:
        """Whether some line was refused for good, and which is not said."""
        return (
            not self.lines
            and self.loose is not None
            and not mapping.busy(self.loose)
            and self.loose.field != _OF_PRODUCT
        )

    @classmethod
    def of(cls, errors: Sequence[schema.UserError], count: int) -> "_Faults":
        lines: dict[int, schema.UserError] = {}
        loose = None
        for error in errors:
            index = mapping.position(error.field)
            if index is not None and index < count:
                lines.setdefault(index, error)
            else:
                loose = loose or error
        return cls(lines, loose)


def _asked(
    group: Sequence[Push], entries: Mapping[str, dict[str, object]]
) -> tuple[queries.Operation, dict[str, object]]:
    rows = [entries[push.key] for push in group]
    variables: dict[str, object] = {"product": group[0].links["product"], "variants": rows}
    return queries.prices_set(len(rows)), variables


def _left(
    good: Sequence[Push], outcomes: Mapping[str, Outcome], error: SyncError
) -> dict[str, Outcome]:
    """The lines that were still to be sent when something went wrong."""
    kind = mapping.verdict_of(error)
    left = (push.key for push in good if push.key not in outcomes)
    return {key: mapping.verdict(key, kind, "interrupted", str(error)) for key in left}


def by_key(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    return {outcome.key: outcome for outcome in outcomes}
