"""Listings: found by SKU, patched line by line, read back twenty at a time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from shared.connectors.amazon import listing_schema, mapping, plans
from shared.connectors.amazon.api import Call, SellingPartnerApi, reader
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.target import NOT_SENT, Outcome, Push, Verdict
from shared.ports import Clock

ROOT = "/listings/2021-08-01/items"


@frozen
class Listings:
    """`currency` is the marketplace's, `clock` there if it is told when prices begin and end."""

    api: SellingPartnerApi
    settings: AmazonSettings
    currency: str
    clock: Clock | None = None

    @property
    def _now(self) -> datetime | None:
        return self.clock.now() if self.clock else None

    def link(self, batch: Sequence[Push]) -> list[Outcome]:
        """Products whose articles are all listed; listing them is done in Seller Central.

        What Amazon shows of an article belongs to its catalogue: we set prices and stock of
        listings there are.
        """
        wanted = {push.key: mapping.skus(push.desired) for push in batch}
        found = self._linked(sku for some in wanted.values() for sku in some)
        return [self._linked_outcome(push.key, wanted[push.key], found) for push in batch]

    def listed(self, pushes: Sequence[Push]) -> dict[str, dict[str, str]]:
        """The ids of those articles that have a listing."""
        return self._linked(sku for push in pushes for sku in mapping.skus(push.desired))

    def _linked_outcome(
        self, key: str, skus: Sequence[str], found: Mapping[str, dict[str, str]]
    ) -> Outcome:
        missing = [sku for sku in skus if sku not in found]
        known = {sku: found[sku] for sku in skus if sku in found}
        if not missing:
            return Outcome(key=key, verdict=Verdict.APPLIED, links=known)
        said = f"create a listing in {self.settings.marketplace_id} for {', '.join(missing)}"
        refused = mapping.outcome(key, Verdict.REJECTED, mapping.NOT_LISTED, said)
        return refused.model_copy(update={"links": known})

    def _linked(self, skus: Iterable[str]) -> dict[str, dict[str, str]]:
        listings = self._read(list(dict.fromkeys(skus)), "summaries")
        every = {sku: mapping.links(found, self.settings) for sku, found in listings.items()}
        return {sku: ids for sku, ids in every.items() if ids}

    def patch(self, facet: Facet, batch: Sequence[Push]) -> list[Outcome]:
        """One call a line; trouble with the first is raised, later it concerns the rest alone."""
        outcomes: list[Outcome] = []
        for i, push in enumerate(batch):
            try:
                outcomes.append(self._patch(facet, push))
            except RejectedError as error:
                said = mapping.outcome(push.key, Verdict.REJECTED, error.code, str(error))
                outcomes.append(said)
            except InDoubtError as error:
                outcomes.append(mapping.outcome(push.key, Verdict.UNKNOWN, "lost", str(error)))
            except (RetryableError, AccessError) as error:
                if i == 0:
                    raise
                rest = batch[i:]
                return outcomes + [_again(left.key, error) for left in rest]
        return outcomes

    def _patch(self, facet: Facet, push: Push) -> Outcome:
        body = mapping.patches(facet, push, self.settings, self.currency, self._now)
        call = Call(plans.PATCH_LISTING, "PATCH", self._path(push.key), self._params(), body)
        return mapping.submitted(push.key, self.api.call(call, listing_schema.Submission))

    def shown(self, facet: Facet, pushes: Sequence[Push]) -> dict[str, Json]:
        """What the marketplace shows, by key; absent when a listing shows nothing of the facet."""
        if facet is Facet.CONTENT:
            return self._shown_content(pushes)
        data = mapping.included(facet, self.settings, dated=self.clock is not None)
        found = self._read([p.key for p in pushes], data)
        shows: dict[str, Json] = {}
        for push in pushes:
            listing = found.get(push.key)
            if listing is None:
                continue
            value = mapping.shown(facet, listing, push, self.settings, self.currency, self._now)
            if value is not None:
                shows[push.key] = value
        return shows

    def _shown_content(self, pushes: Sequence[Push]) -> dict[str, Json]:
        done = {o.key for o in self.link(pushes) if o.verdict is Verdict.APPLIED}
        return {push.key: push.desired for push in pushes if push.key in done}

    def _read(self, skus: Sequence[str], data: str) -> dict[str, listing_schema.Listing]:
        """Listings by SKU. A SKU with a comma cannot be in a list and is read by itself."""
        together = [sku for sku in skus if self.settings.read_back == "search" and "," not in sku]
        found: dict[str, listing_schema.Listing] = {}
        for i in range(0, len(together), plans.IDENTIFIERS_MAX):
            found |= self._search(together[i : i + plans.IDENTIFIERS_MAX], data)
        get = reader(self.api, listing_schema.Listing)
        for sku in skus:
            if sku not in together:
                params = self._params() | {"includedData": data}
                listing = get(Call(plans.GET_LISTING, "GET", self._path(sku), params))
                if listing is not None:
                    found[sku] = listing
        return found

    def _search(self, skus: Sequence[str], data: str) -> dict[str, listing_schema.Listing]:
        params = self._params() | {
            "identifiers": ",".join(skus),
            "identifiersType": "SKU",
            "includedData": data,
            "pageSize": str(plans.IDENTIFIERS_MAX),
        }
        path = f"{ROOT}/{quote(self.settings.seller_id, safe='')}"
        answer = self.api.call(
            Call(plans.SEARCH_LISTINGS, "GET", path, params), listing_schema.Listings
        )
        return {listing.sku: listing for listing in answer.items if listing.sku in skus}

    def _path(self, sku: str) -> str:
        return f"{ROOT}/{quote(self.settings.seller_id, safe='')}/{quote(sku, safe='')}"

    def _params(self) -> dict[str, str]:
        return {
            "marketplaceIds": self.settings.marketplace_id,
            "issueLocale": self.settings.issue_locale,
        }


def _again(key: str, error: RetryableError | AccessError) -> Outcome:
    waits = isinstance(error, RetryableError) and error.after
    code = NOT_SENT if waits else "interrupted"
    return mapping.outcome(key, Verdict.RETRY, code, str(error))


def by_articles(pushes: Sequence[Push]) -> list[list[Push]]:
    """Products together whose articles fit into one search."""
    batches: list[list[Push]] = []
    count = 0
    for push in pushes:
        articles = _articles(push)
        if not batches or count + articles > plans.IDENTIFIERS_MAX:
            batches.append([])
            count = 0
        batches[-1].append(push)
        count += articles
    return batches


def _articles(push: Push) -> int:
    try:
        return len(mapping.skus(push.desired))
    except RejectedError:
        return 0
