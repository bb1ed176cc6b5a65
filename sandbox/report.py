"""What commands found, as a person reads it. Machines get the same as one JSON object."""

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.check import Finding
from shared.domain.parity import readable
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.money import exponent

type Fields = dict[str, Json]
type Show = Callable[[Console], None]


def findings(console: Console, file: Path, found: Sequence[Finding]) -> None:
    if not found:
        console.print(f"{escape(str(file))}: no mistakes")
        return
    table = _table("Where", "Value", "Problem", "What to do")
    for one in found:
        where = f"{one.path}\n[dim]line {one.line}[/]" if one.line else one.path
        table.add_row(where, *(escape(t or "") for t in (one.value, one.problem, one.remedy)))
    console.print(table)
    console.print(f"{escape(str(file))}: {_counted(len(found), 'mistake')}")


def exceptions(console: Console, found: Sequence[Fields]) -> None:
    """A paragraph for each, its id alone on a line: other commands are given it whole."""
    if not found:
        console.print("nothing waits for a person")
        return
    for issue in found:
        since, count = str(issue.get("first_seen", ""))[:19], int(str(issue.get("count", 1)))
        risk = money(issue.get("at_risk"))
        told = (
            f"since {since}" if since else "",
            "told once" if count == 1 else f"told {count} times",
            str(issue.get("owner", "")),
            f"at risk {risk}" if risk else "",
        )
        lines = (
            str(issue["issue_id"]),
            f"  {', '.join(filter(None, told))}",
            *_indented(str(issue.get("summary", "")) + _closed(issue)),
            *_indented("to do: " + str(issue.get("remedy", "")) + _candidates(issue)),
        )
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(_counted(len(found), "exception"))


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _closed(issue: Fields) -> str:
    """How a person closed it, the last time it was."""
    closed = issue.get("closed")
    if not isinstance(closed, dict):
        return ""
    return f"\nclosed {str(closed['at'])[:19]} by {closed['by']}: {closed['why']}"


def _candidates(issue: Fields) -> str:
    """What may be meant, each as the command that says so."""
    listed = issue.get("candidates")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return "".join(
        f"\nshelfwire map {issue['connection']} {one['code']} {one['sku']}: {one['reason']}"
        for one in found
    )


def parity(console: Console, found: Sequence[Fields]) -> None:
    table = _table("Channel", "Policy", "When", "Compared", "Equal", "Apart", "Differing", "Share")
    for one in found:
        differing = one.get("differing")
        apart = {name: one.get(name) for name in ("accepted", "moving", "withheld", "held")}
        cells = (
            f"{one.get('channel')} {one.get('facet')}",
            "shadow" if one.get("shadow") else str(one.get("policy", "")),
            str(one.get("finished") or "never")[:19] + (" (running)" if one.get("running") else ""),
            str(one.get("compared", "")),
            str(one.get("equal", "")),
            _tally(apart),
            _tally(differing if isinstance(differing, dict) else {}),
            str(one.get("share_equal") or ""),
        )
        table.add_row(*map(escape, cells))
    console.print(table)


def _tally(counts: Fields) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def pending(console: Console, found: Sequence[Fields]) -> None:
    if not found:
        console.print("nothing is withheld")
        return
    table = _table("Channel", "Facet", "Key", "Shows", "Should show", "Why", "Looked at")
    for one in found:
        facet = Facet(str(one["facet"]))
        why = one.get("why")
        steps = [s for s in why if isinstance(s, dict)] if isinstance(why, list) else []
        cells = (
            *(str(one[name]) for name in ("channel", "facet", "key")),
            *(_shown(facet, one.get(name)) for name in ("shown", "desired")),
            "; ".join(f"{step['rule']}: {step['detail']}" for step in steps),
            str(one["looked_at"])[:19],
        )
        table.add_row(*map(escape, cells))
    console.print(table)
    console.print(f"{len(found)} withheld")


def approvals(console: Console, found: Sequence[Fields], files: Sequence[Fields]) -> None:
    for one in files:
        reasons = one.get("reasons")
        steps = [s for s in reasons if isinstance(s, dict)] if isinstance(reasons, list) else []
        why = "; ".join(str(step["detail"]) for step in steps)
        console.print(escape(f"{one['file']}@{one['run']} waits whole: {why}"))
    if not found:
        console.print("no price waits for approval")
        return
    table = _table("Channel", "SKU", "Proposal", "Shows", "Proposed", "From", "At risk", "Why")
    for one in found:
        reasons = one.get("reasons")
        steps = [s for s in reasons if isinstance(s, dict)] if isinstance(reasons, list) else []
        cells = (
            *(str(one[name]) for name in ("channel", "sku", "proposal")),
            *(readable(Facet(str(one["facet"])), one.get(name)) for name in ("shown", "proposed")),
            str(one.get("effective") or "at once")[:19],
            money(one.get("at_risk")),
            "; ".join(str(step["detail"]) for step in steps),
        )
        table.add_row(*map(escape, cells))
    console.print(table)
    console.print(f"{_counted(len(found), 'change')} waiting")


def _shown(facet: Facet, value: Json) -> str:
    if facet is Facet.CONTENT and isinstance(value, dict):
        variants = value.get("variants")
        count = len(variants) if isinstance(variants, list) else 0
        return f"{value.get('title')} ({_counted(count, 'article')})"
    return readable(facet, value)


def money(value: Json) -> str:
    """Minor units as a decimal with its currency: 1999 GBP is `19.99 GBP`."""
    if not isinstance(value, dict) or not isinstance(amount := value.get("amount"), int):
        return ""
    currency = str(value.get("currency"))
    digits = exponent(currency)
    if not digits:
        return f"{amount} {currency}"
    whole, part = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{digits}} {currency}"


def fields(console: Console, what: Fields) -> None:
    """Any answer as an indented outline."""
    for line in _outline(what, depth=0):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def played(console: Console, result: Fields) -> None:
    """What a demonstration proved and measured."""
    figures, checks = result.get("figures"), result.get("checks")
    if isinstance(figures, dict) and figures:
        table = _table("Figure", "Value")
        for name, value in figures.items():
            table.add_row(escape(name), escape(str(value)))
        console.print(table)
    if isinstance(checks, list) and checks:
        table = _table("", "What must hold", "Found")
        for check in checks:
            if isinstance(check, dict):
                mark = "[green]yes[/]" if check.get("ok") else "[red]NO[/]"
                table.add_row(
                    mark, escape(str(check.get("name"))), escape(str(check.get("detail", "")))
                )
        console.print(table)


def _outline(value: Json, *, depth: int) -> list[str]:
    indent = "  " * depth
    if isinstance(value, dict) and {"amount", "currency"} == set(value):
        return [indent + money(value)]
    if isinstance(value, dict):
        lines = []
        for name, inner in value.items():
            lines += _entry(f"{indent}{name}:", inner, depth)
        return lines
    if isinstance(value, list):
        lines = []
        for inner in value:
            lines += _entry(f"{indent}-", inner, depth)
        return lines
    return [f"{indent}{_plain(value)}"]


def _entry(head: str, value: Json, depth: int) -> list[str]:
    """A name and what it holds: on one line if that is one line, indented below it if not."""
    inner = _outline(value, depth=depth + 1)
    if len(inner) == 1:
        return [f"{head} {inner[0].strip()}"]
    return [head, *inner] if inner else [f"{head} none"]


def _plain(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _table(*columns: str) -> Table:
    table = Table(show_edge=False, pad_edge=False, expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
