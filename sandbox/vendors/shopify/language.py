"""GraphQL as the simulator speaks it: parsed once per document, refused and priced like Shopify."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    build_schema,
    get_named_type,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import is_iterable

from sandbox.vendors.shopify.table import TABLE

MILLI = 1000
MUTATION = 10 * MILLI
PER_VARIANT = MILLI // 5
_LISTS: Mapping[str, str] = {"productVariantsBulkUpdate": "variants", "productSet": "input"}
_CODES = (
    (re.compile(r"^Cannot query field"), "undefinedField"),
    (re.compile(r"^Unknown argument"), "argumentNotAccepted"),
    (re.compile(r"^Unknown directive"), "undefinedDirective"),
    (re.compile(r"is not defined by type"), "argumentNotAccepted"),
    (re.compile(r"argument .* is required|was not provided"), "missingRequiredArguments"),
)

Data = Mapping[str, object]
_FLAT: dict[int, list[FieldNode]] = {}  # by the id of its selection: documents are kept for good
_ASKED: dict[tuple[object, ...], int] = {}
_TYPES: dict[tuple[str, str], GraphQLNamedType | None] = {}


@dataclass(frozen=True, slots=True)
class Document:
    """A document that may run: its one operation, its fragments."""

    node: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]

    @property
    def writes(self) -> bool:
        return self.operation.operation is OperationType.MUTATION

    @property
    def name(self) -> str:
        return self.operation.name.value if self.operation.name else "?"


@cache
def schema() -> GraphQLSchema:
    built = build_schema(TABLE)
    money = built.type_map["Money"]
    if isinstance(money, GraphQLScalarType):
        money.coerce_input_value = _decimal_text
    return built


def _decimal_text(value: object) -> str:
    """Shopify's Money scalar takes decimals without a currency, as text or number."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise GraphQLError(f"invalid money {value!r}")
    return str(value)


@cache
def document(source: str) -> Document | tuple[GraphQLError, ...]:
    """Parse and check a document against the table; the errors when it may not run."""
    try:
        node = parse(source)
    except GraphQLError as error:
        return (error,)
    errors = validate(schema(), node)
    if errors:
        return tuple(errors)
    operations = [d for d in node.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1:
        return (GraphQLError("a document must hold one operation"),)
    fragments = {d.name.value: d for d in node.definitions if isinstance(d, FragmentDefinitionNode)}
    return Document(node, operations[0], fragments)


def coerced(document: Document, given: Data) -> VariableValues | list[GraphQLError]:
    """Variables as the operation declares them, or what is wrong with them."""
    wanted = document.operation.variable_definitions or ()
    return get_variable_values(schema(), wanted, dict(given))


def refusal(error: GraphQLError) -> dict[str, object]:
    """An error as Shopify shapes it, with the code of its kind."""
    code = next((code for test, code in _CODES if test.search(error.message)), None)
    said = dict(error.extensions or {})
    if code is not None:
        said.setdefault("code", code)
    shaped: dict[str, object] = {"message": error.message, "extensions": said}
    return shaped | ({"path": list(error.path)} if error.path else {})


@dataclass(frozen=True, slots=True)
class Price:
    """Points of one operation in thousandths: asked of `variables`, or spent on `data`."""

    document: Document
    variables: Data

    def requested(self) -> int:
        """What a query may cost depends on no more than numbers and on how long its lists are."""
        if self.document.writes:
            return self._operation(None)
        asked = (id(self.document), *((k, _size(v)) for k, v in self.variables.items()))
        if asked not in _ASKED:
            _ASKED[asked] = self._operation(None)
        return _ASKED[asked]

    def spent(self, data: Data | None) -> int:
        return self._operation(data or {})

    def _operation(self, data: Data | None) -> int:
        operation = self.document.operation
        if not self.document.writes:
            return self._fields(operation.selection_set, schema().query_type, data) * MILLI
        return sum(
            MUTATION + self.carried(field) * PER_VARIANT + self._answered(field, data) * MILLI
            for field in self.flat(operation.selection_set, None)
        )

    def carried(self, field: FieldNode) -> int:
        """How many variants a catalogue mutation carries."""
        member = _LISTS.get(field.name.value)
        value = self._argument(field, member) if member else None
        if isinstance(value, Mapping):
            value = value.get("variants")
        return len(value) if isinstance(value, Sequence) else 0

    def _answered(self, field: FieldNode, data: Data | None) -> int:
        """The connections a mutation answers; single objects are part of its price."""
        mutation = schema().mutation_type
        if mutation is None or field.selection_set is None:
            return 0
        payload = get_named_type(mutation.fields[field.name.value].type)
        inner = None if data is None else _member(data, field)
        return self._connections(field.selection_set, payload, inner)

    def _connections(
        self, selected: SelectionSetNode, parent: GraphQLNamedType, data: Data | None
    ) -> int:
        total = 0
        for field in self.flat(selected, parent):
            kind = type_of(parent, field)
            if kind is None or field.selection_set is None:
                continue
            inner = None if data is None else _member(data, field)
            if kind.name.endswith("Connection"):
                total += self._connection(field, kind, inner)
            else:
                total += self._connections(field.selection_set, kind, inner)
        return total

    def _fields(
        self, selected: SelectionSetNode, parent: GraphQLNamedType | None, data: Data | None
    ) -> int:
        if parent is None:
            return 0
        return sum(self._field(field, parent, data) for field in self.flat(selected, parent))

    def _field(self, field: FieldNode, parent: GraphQLNamedType, data: Data | None) -> int:
        kind = type_of(parent, field)
        if kind is None or field.selection_set is None or kind.name == "PageInfo":
            return 0
        value = None if data is None else data.get(key_of(field))
        if kind.name.endswith("Connection"):
            return self._connection(field, kind, value if isinstance(value, Mapping) else None)
        if data is None:
            count = self._count(field, parent)
            return count * (1 + self._fields(field.selection_set, kind, None))
        if is_iterable(value) and isinstance(value, Sequence):
            return sum(self._object(field, kind, item) for item in value)
        return self._object(field, kind, value)

    def _object(self, field: FieldNode, kind: GraphQLNamedType, value: object) -> int:
        if not isinstance(value, Mapping) or field.selection_set is None:
            return 1
        return 1 + self._fields(field.selection_set, kind, value)

    def _connection(self, field: FieldNode, kind: GraphQLNamedType, data: Data | None) -> int:
        """Two points and its objects: as many as asked for, or as were answered."""
        if field.selection_set is None:
            return 0
        nodes = next(f for f in self.flat(field.selection_set, kind) if f.name.value == "nodes")
        each = type_of(kind, nodes)
        if each is None or nodes.selection_set is None:
            return 2
        if data is None:
            first = self._argument(field, "first")
            count = first if isinstance(first, int) else 0
            return 2 + count * (1 + self._fields(nodes.selection_set, each, None))
        found = data.get(key_of(nodes))
        rows = found if isinstance(found, Sequence) else ()
        return 2 + sum(self._object(nodes, each, row) for row in rows)

    def _count(self, field: FieldNode, parent: GraphQLNamedType) -> int:
        """Objects of a plain list: its `first`, the ids asked for, or one."""
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return 1
        first = self._argument(field, "first")
        ids = self._argument(field, "ids")
        if isinstance(first, int):
            return first
        return len(ids) if isinstance(ids, Sequence) else 1

    def _argument(self, field: FieldNode, name: str | None) -> object:
        node = next((a.value for a in field.arguments or () if a.name.value == name), None)
        if isinstance(node, VariableNode):
            return self.variables.get(node.name.value)
        return int(node.value) if isinstance(node, IntValueNode) else None

    def flat(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> list[FieldNode]:
        """Fields with fragments spread out; of fragments on several types all fields count."""
        known = _FLAT.get(id(selected))
        if known is None:
            known = _FLAT[id(selected)] = self._spread(selected, parent)
        return known

    def _spread(
        self, selected: SelectionSetNode, parent: GraphQLNamedType | None
    ) -> list[FieldNode]:
        found: list[FieldNode] = []
        for node in selected.selections:
            if isinstance(node, FieldNode):
                found.append(node)
            elif isinstance(node, InlineFragmentNode):
                found += self.flat(node.selection_set, parent)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.document.fragments[node.name.value]
                found += self.flat(fragment.selection_set, parent)
        return found


def _size(value: object) -> int | None:
    if isinstance(value, int):
        return value
    return len(value) if isinstance(value, list) else None


def whole(points: int) -> int:
    """Thousandths as whole points, rounded up."""
    return -(-points // MILLI)


def key_of(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def _member(data: Data, field: FieldNode) -> Data:
    value = data.get(key_of(field))
    return value if isinstance(value, Mapping) else {}


def type_of(parent: GraphQLNamedType, field: FieldNode) -> GraphQLNamedType | None:
    """The named type of a field; of an interface, that of any type that has the field."""
    name = (parent.name, field.name.value)
    if name not in _TYPES:
        _TYPES[name] = _looked_up(parent, field)
    return _TYPES[name]


def _looked_up(parent: GraphQLNamedType, field: FieldNode) -> GraphQLNamedType | None:
    kinds: tuple[GraphQLObjectType | GraphQLInterfaceType, ...] = ()
    if isinstance(parent, GraphQLInterfaceType):
        kinds = (parent, *schema().get_possible_types(parent))
    elif isinstance(parent, GraphQLObjectType):
        kinds = (parent,)
    name = field.name.value
    return next((get_named_type(k.fields[name].type) for k in kinds if name in k.fields), None)
