"""`python -m sandbox.connectors_page`: writes docs/connectors.md from the catalogue."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import to_json

from shared.connectors.catalog import CATALOG, Connector, Kind

PAGE = Path(__file__).resolve().parent.parent / "docs" / "connectors.md"

_HEAD = """\
# Connectors

Made from the catalogue (`shared/connectors/catalog.py`) by `python -m sandbox.connectors_page`; a
test fails when the two differ. What a connection sets stands in the retailer's file, its secret in
Secrets Manager as one JSON object. The [README](../README.md#connect-a-system) says how to connect
one, [CONTRIBUTING](../CONTRIBUTING.md#a-new-connector) how to write one.
"""
_KINDS = {Kind.ERP: "ERP", Kind.CHANNEL: "sales channel"}


def page(catalog: Iterable[Connector] = tuple(CATALOG.values())) -> str:
    """The whole page as Markdown: an overview, then a section per system in order of its name."""
    rows = sorted(catalog, key=lambda row: row.system)
    overview = _table(
        ("System", "Title", "Kind", "Version"),
        [(f"[`{r.system}`](#{r.system})", r.title, _KINDS[r.kind], r.version) for r in rows],
    )
    return "\n".join((_HEAD, overview, *(_section(row) for row in rows)))


def _section(row: Connector) -> str:
    stale = _names(row.compare_and_set) or "none; every line is marked before it is sent"
    parts = [
        f"## {row.system}\n",
        f"{row.title}: {_KINDS[row.kind]}, spoken to in version {row.version}.\n",
        f"- Secret fields: {_names(row.secret_fields)}",
        f"- Webhook topics to subscribe to: {_names(row.topics) or 'none by name'}",
    ]
    if row.kind is Kind.CHANNEL:
        parts.append(f"- Facets whose stale writes the vendor itself refuses: {stale}")
    return "\n".join((*parts, "", _settings(row), *_notes(row)))


def _notes(row: Connector) -> list[str]:
    """What no setting tells, as a list of its own."""
    return ["Good to know:\n", *(f"- {note}" for note in row.notes), ""] if row.notes else []


def _settings(row: Connector) -> str:
    """What `settings` of a connection may hold; defaults are those of the connector's own model."""
    if not row.settings:
        return "No settings.\n"
    defaults = _defaults(row)
    return _table(
        ("Setting", "Meaning", "Default"),
        [(f"`{key}`", meaning, defaults.get(key, "")) for key, meaning in row.settings.items()],
    )


def _defaults(row: Connector) -> dict[str, str]:
    package = row.factory.partition(":")[0].rpartition(".")[0]
    if find_spec(f"{package}.settings") is None:
        return {}
    for found in vars(import_module(f"{package}.settings")).values():
        if isinstance(found, type) and issubclass(found, BaseModel):
            fields = found.model_fields
            if set(fields) == set(row.settings):
                return {
                    key: f"`{to_json(field.get_default()).decode()}`"
                    for key, field in fields.items()
                    if not field.is_required()
                }
    return {}


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {line} |\n" for line in cells)


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
