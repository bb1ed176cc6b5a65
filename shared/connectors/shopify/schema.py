"""What all of Shopify's answers are made of (Admin GraphQL 2026-10). Theirs may grow.

What one part of the client reads is described beside it, and imported with it.
"""

from decimal import Decimal

from pydantic.alias_generators import to_camel

from shared.model.base import Foreign

Camel = Foreign.model_config | {"alias_generator": to_camel}


class Theirs(Foreign):
    """Members are camel case on the wire."""

    model_config = Camel


class UserError(Theirs):
    """`field` is a path into the input, list positions as decimal strings."""

    message: str = ""
    code: str | None = None
    field: tuple[str, ...] | None = None


class PageInfo(Theirs):
    has_next_page: bool
    end_cursor: str | None = None


class Connected[T](Theirs):
    """A connection: one page of nodes."""

    nodes: tuple[T, ...] = ()
    page_info: PageInfo = PageInfo.model_construct(has_next_page=False)

    @property
    def next(self) -> str | None:
        return self.page_info.end_cursor if self.page_info.has_next_page else None


class Identified(Theirs):
    id: str


class Amount(Theirs):
    amount: str


class Throttle(Theirs):
    currently_available: Decimal
    restore_rate: Decimal


class Cost(Theirs):
    """`extensions.cost`: requested before the call, actual after it; null when nothing ran."""

    requested_query_cost: Decimal | None = None
    actual_query_cost: Decimal | None = None
    throttle_status: Throttle | None = None
