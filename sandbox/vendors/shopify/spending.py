"""What an answer cost: `language.Price.spent`, of documents that are walked through once.

Points of a single object, in a query as in `Price`; a mutation has its price, and the connections
it answers.
"""

from collections.abc import Callable, Mapping

from graphql import FieldNode, GraphQLNamedType, SelectionSetNode, get_named_type

from sandbox.vendors.shopify.language import (
    MILLI,
    MUTATION,
    PER_VARIANT,
    Data,
    Document,
    Price,
    key_of,
    schema,
    type_of,
)

type Points = Callable[[object], int]
"""Points of the value of a field."""

_KNOWN: dict[int, Points] = {}  # by the id of its document: documents are kept for good


def spent(document: Document, given: Mapping[str, object], data: Data | None) -> int:
    """Thousandths of a point that a document came to with these variables and this answer."""
    points = _KNOWN.get(id(document))
    if points is None:
        points = _KNOWN[id(document)] = _Walk(document).whole()
    found = points(data or {}) * MILLI
    if document.writes:
        price = Price(document, given)
        for field in price.flat(document.operation.selection_set, None):
            found += MUTATION + price.carried(field) * PER_VARIANT
    return found


class _Walk:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._price = Price(document, {})

    def whole(self) -> Points:
        selected = self._document.operation.selection_set
        if not self._document.writes:
            return self._fields(selected, schema().query_type)
        mutation = schema().mutation_type
        parts = [
            (
                key_of(field),
                self._connections(
                    field.selection_set, get_named_type(mutation.fields[field.name.value].type)
                ),
            )
            for field in self._price.flat(selected, None)
            if mutation is not None and field.selection_set is not None
        ]
        return _summed(parts)

    def _fields(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> Points:
        parts = []
        for field in self._price.flat(selected, parent) if parent is not None else ():
            kind = type_of(parent, field) if parent is not None else None
            if kind is None or field.selection_set is None or kind.name == "PageInfo":
                continue
            connects = kind.name.endswith("Connection")
            walk = self._connection if connects else self._objects
            parts.append((key_of(field), walk(field, kind)))
        return _summed(parts)

    def _connections(self, selected: SelectionSetNode, parent: GraphQLNamedType) -> Points:
        parts = []
        for field in self._price.flat(selected, parent):
            kind = type_of(parent, field)
            if kind is None or field.selection_set is None:
                continue
            if kind.name.endswith("Connection"):
                parts.append((key_of(field), self._connection(field, kind)))
            else:
                parts.append((key_of(field), self._connections(field.selection_set, kind)))
        return _summed(parts)

    def _objects(self, field: FieldNode, kind: GraphQLNamedType) -> Points:
        """One point and what is inside, of each object there is; one for none."""
        inner = self._fields(field.selection_set, kind) if field.selection_set else _nothing

        def points(value: object) -> int:
            if isinstance(value, list):
                return len(value) + sum(inner(each) for each in value)
            return 1 + inner(value)

        return points

    def _connection(self, field: FieldNode, kind: GraphQLNamedType) -> Points:
        selected = field.selection_set
        if selected is None:
            return _nothing
        nodes = next(f for f in self._price.flat(selected, kind) if f.name.value == "nodes")
        each, key = type_of(kind, nodes), key_of(nodes)
        inner = _nothing if each is None else self._objects(nodes, each)

        def points(value: object) -> int:
            rows = value.get(key) if isinstance(value, dict) else None
            return 2 + (inner(rows) if isinstance(rows, list) else 0)

        return points


def _nothing(_value: object) -> int:
    return 0


def _summed(parts: list[tuple[str, Points]]) -> Points:
    if not parts:
        return _nothing

    def points(value: object) -> int:
        found = 0
        if isinstance(value, dict):
            for key, part in parts:
                found += part(value.get(key))
        return found

    return points
