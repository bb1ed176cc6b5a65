"""What `shelfwire approvals approve` and `reject` ask of the API."""

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from sandbox.api import Api
from shared.model.base import Json

DROPPED = "drop/"
TOGETHER = 500  # lines the API takes at once


@dataclass(frozen=True, slots=True)
class Wish:
    """Some proposals, or all of a channel: how many they are expected to be."""

    lines: Sequence[dict[str, Json]]
    files: Sequence[dict[str, Json]]
    channel: str
    rule: str
    expected: int | None

    def put(self, api: Api, decision: str, why: str) -> dict[str, Json]:
        """Rule on all of it, in as many calls as it takes; `ok` only if each was ruled on."""
        if self.expected is None:
            return self._one_by_one(api, decision, why)
        ruled, left = 0, self.expected
        while True:
            every: dict[str, Json] = {"channel": self.channel, "expected": left}
            if self.rule:
                every["rule"] = self.rule
            answer = api.rule(decision, why, all=every)
            ruled += int(str(answer["ruled"]))
            left = int(str(answer["remaining"]))
            if not left or not answer["ruled"]:
                return {"ok": not left, "decision": decision, "ruled": ruled, "remaining": left}

    def _one_by_one(self, api: Api, decision: str, why: str) -> dict[str, Json]:
        lines: list[Json] = []
        for at in range(0, len(self.lines), TOGETHER):
            some: list[Json] = list(self.lines[at : at + TOGETHER])
            answered = api.rule(decision, why, proposals=some)["lines"]
            lines += answered if isinstance(answered, list) else []
        if self.files:
            answered = api.rule(decision, why, files=list[Json](self.files))["lines"]
            lines += answered if isinstance(answered, list) else []
        said = "approved" if decision == "approve" else "rejected"
        ok = all(isinstance(line, dict) and line["status"] == said for line in lines)
        return {"ok": ok, "decision": decision, "lines": lines}


def wish(proposals: Sequence[str], channel: str, rule: str, expected: int | None) -> Wish:
    """What was asked for on the command line; BadParameter says what is wrong with it."""
    if bool(proposals) == (expected is not None):
        raise typer.BadParameter("name proposals, or say with --all how many there are")
    if expected is not None and not channel:
        raise typer.BadParameter("--all needs --channel")
    files = [_file(one) for one in proposals if one.startswith(DROPPED)]
    lines = [_line(one) for one in proposals if not one.startswith(DROPPED)]
    return Wish(lines, files, channel, rule, expected)


def _file(said: str) -> dict[str, Json]:
    name, _, run = said.rpartition("@")
    if not (name and run):
        raise typer.BadParameter(f"{said!r} is not of the form FILE@RUN")
    return {"file": name, "run": run}


def _line(said: str) -> dict[str, Json]:
    """A SKU may hold slashes; a channel and a proposal hold none."""
    channel, _, rest = said.partition("/")
    sku, _, proposal = rest.rpartition("/")
    if not (channel and sku and proposal):
        raise typer.BadParameter(f"{said!r} is not of the form CHANNEL/SKU/PROPOSAL")
    return {"channel": channel, "sku": sku, "proposal": proposal}
