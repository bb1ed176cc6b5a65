"""Listings: one product per call, always whole, keeping what the shop knows of it."""

from collections.abc import Mapping, Sequence

from shared.connectors.shopify import content_schema, mapping, queries, schema
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.mapping import Known
from shared.connectors.shopify.settings import ShopifySettings
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.product import Product
from shared.model.target import Outcome, Push, Verdict

_GONE = "PRODUCT_DOES_NOT_EXIST"
# The mutation may have happened in part: look before trying again.
_AMBIGUOUS = frozenset({"JOB_ERROR", "GENERIC_ERROR"})


@frozen
class Listings:
    """`locations` are the shop's ids of the places a new variant is stocked at, with nothing."""

    api: AdminApi
    settings: ShopifySettings
    locations: tuple[str, ...]

    def push(self, push: Push) -> Outcome:
        """List one product, or correct its listing; the outcome carries every id the shop gave."""
        product = mapping.parse_product(push.desired)
        known = self._known(product, push.links.get("product"))
        outcome = self._set(push, product, known)
        if outcome.code == _GONE and known.product is not None:
            outcome = self._set(push, product, Known())
        return outcome

    def shown(self, pushes: Sequence[Push]) -> dict[str, Json]:
        """Of each product, `desired` itself when the shop shows all of it, else what it shows.

        A product whose ids we do not hold yet is never `desired`: setting it again brings them.
        """
        found: dict[str, Json] = {}
        for push in pushes:
            product = mapping.parse_product(push.desired)
            identifier = self._identifier(product, push.links.get("product"))
            read = self._read(identifier, len(mapping.listed(product)))
            if read is not None:
                wished = mapping.comparable(Facet.CONTENT, push.desired, self.settings)
                shows = mapping.shown_product(*read, like=wished)
                complete = shows == wished and "product" in push.links
                found[push.key] = push.desired if complete else shows
        return found

    def listed(self, pushes: Sequence[Push]) -> dict[str, dict[str, str]]:
        """The ids of those products the shop has, and of their variants with a SKU of ours."""
        found: dict[str, dict[str, str]] = {}
        for push in pushes:
            product = mapping.parse_product(push.desired)
            identifier = self._identifier(product, push.links.get("product"))
            read = self._read(identifier, len(mapping.listed(product)))
            if read is not None:
                theirs, variants = read
                found |= mapping.links(product, theirs.id, variants)
        return found

    def _identifier(self, product: Product, linked: str | None) -> dict[str, str]:
        """By its id once linked, so that people may rename its handle; by our handle before."""
        if linked is not None:
            return {"id": linked}
        return {"handle": mapping.handle(product.product_id, self.settings.handle_prefix)}

    def _known(self, product: Product, linked: str | None) -> Known:
        identifier = self._identifier(product, linked)
        setting = queries.product_set(len(mapping.listed(product)))
        if linked is None:
            # Almost always a new product: ask for a point before asking for its variants.
            self.api.reserve(queries.PRODUCT_PROBE, setting)
            probe = {"identifier": identifier}
            answer = self.api.call(queries.PRODUCT_PROBE, probe, content_schema.ProductProbe)
            if answer.product is None:
                return Known()
        self.api.reserve(_reading(len(product.variants)), setting)
        read = self._read(identifier, len(product.variants))
        if read is None:
            return Known()
        theirs, variants = read
        ids = {variant.sku: variant.id for variant in variants if variant.sku}
        return Known(theirs.id, theirs.status, ids)

    def _read(
        self, identifier: Mapping[str, str], expected: int
    ) -> tuple[content_schema.Product, list[content_schema.Variant]] | None:
        """A product and all of its variants; None when the shop has no such product."""
        operation = _reading(expected)
        first = _page(expected)
        variants: list[content_schema.Variant] = []
        after: str | None = None
        while True:
            page = {"identifier": identifier, "first": first, "after": after}
            answer = self.api.call(operation, page, content_schema.ProductAnswer)
            if answer.product is None:
                return None
            variants += answer.product.variants.nodes
            after = answer.product.variants.next
            if after is None:
                return answer.product, variants

    def _set(self, push: Push, product: Product, known: Known) -> Outcome:
        count = len(mapping.listed(product))
        operation = queries.product_set(count)
        sent = mapping.product_input(product, known, self.settings, locations=self.locations)
        variables = {
            "identifier": self._identifier(product, known.product),
            "input": sent,
            "first": min(count, queries.VARIANTS_PAGE),
        }
        answer = self.api.call(operation, variables, content_schema.ProductSetAnswer).product_set
        if answer.user_errors:
            return _refused(push, answer.user_errors[0])
        if answer.product is None:
            return mapping.verdict(push.key, Verdict.UNKNOWN, "no_product", "answered no product")
        variants = self._answered(answer.product)
        refusal = None if "product" in push.links else self._publish(push, answer.product.id)
        if refusal is not None:
            return refusal
        return Outcome(
            key=push.key,
            verdict=Verdict.APPLIED,
            links=mapping.links(product, answer.product.id, variants),
        )

    def _answered(self, product: content_schema.SetProduct) -> Sequence[content_schema.Variant]:
        """The variants of a product just set; those beyond the first page are read."""
        if product.variants.next is None:
            return product.variants.nodes
        read = self._read({"id": product.id}, queries.VARIANTS_PAGE)
        return read[1] if read is not None else product.variants.nodes

    def _publish(self, push: Push, product: str) -> Outcome | None:
        """Publish a product not linked yet where the settings say; a repeat changes nothing."""
        if not self.settings.publications:
            return None
        variables = {
            "id": product,
            "input": [{"publicationId": name} for name in self.settings.publications],
        }
        answer = self.api.call(queries.PUBLISH, variables, content_schema.PublishAnswer)
        errors = answer.publishable_publish.user_errors
        return _refused(push, errors[0]) if errors else None


def _page(expected: int) -> int:
    """One more than expected, so that a variant too many shows."""
    return min(expected + 1, queries.VARIANTS_PAGE)


def _reading(expected: int) -> queries.Operation:
    return queries.product(_page(expected))


def _refused(push: Push, error: schema.UserError) -> Outcome:
    code = error.code or "refused"
    kind = Verdict.UNKNOWN if code in _AMBIGUOUS else Verdict.REJECTED
    where = "/".join(error.field or ())
    message = f"{error.message} ({where})" if where else error.message
    return mapping.verdict(push.key, kind, code, message)


def push_all(listings: Listings, batch: Sequence[Push]) -> list[Outcome]:
    """Products of a batch, one call each; a target that cannot be read is rejected by itself."""
    outcomes = []
    for push in batch:
        try:
            outcomes.append(listings.push(push))
        except RejectedError as error:
            outcomes.append(mapping.rejected(push.key, error.code, str(error)))
    return outcomes
