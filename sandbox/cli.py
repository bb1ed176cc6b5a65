"""`shelfwire`: check a retailer's file; run, feed and question a sandbox.

Exit codes: 0 done, 1 something is wrong with what was asked about, 2 the command cannot run.
With --json the last line on stdout is one JSON object; progress and prose go to stderr.
"""

# ruff: noqa: FBT001, FBT002, PLC0415 - typer's flags are booleans; each command imports its own
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox import mails, mending, reconciling
from sandbox.failures import CannotRunError, RefusedError
from sandbox.home import Home, Steps
from sandbox.processes import polite

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.world import World
    from shared.model.base import Json

WRONG, CANNOT_RUN, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="shelfwire",
    help="Keeps a retailer's ERP and its sales channels telling the same story.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
trace = typer.Typer(help="Why a SKU or an order is as it is.", no_args_is_help=True)
approvals = typer.Typer(help="Prices, levels, files that wait.", no_args_is_help=True)
app.add_typer(trace, name="trace")
app.add_typer(approvals, name="approvals")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Of the embedded AWS; else any.")]
RetailerFile = Annotated[Path | None, typer.Option("--retailer", help="The retailer's TOML file.")]


@dataclass(frozen=True, slots=True)
class Out:
    """Where results and progress go."""

    as_json: bool

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    @property
    def steps(self) -> Steps:
        return Steps(self.say)

    def result(self, found: "dict[str, Json]", show: "Callable[[Console], None]") -> None:
        if self.as_json:
            print(json.dumps(found, ensure_ascii=False), flush=True)
        else:
            from rich.console import Console

            show(Console())

    def failure(self, problem: str, remedy: str) -> None:
        self.say(f"shelfwire: {problem}{f'; {remedy}' if remedy else ''}")
        if self.as_json:
            print(json.dumps({"ok": False, "error": problem, "remedy": remedy}), flush=True)


@contextmanager
def _told(as_json: bool) -> Iterator[Out]:
    """Turn what is expected to go wrong into a sentence and an exit code."""
    out = Out(as_json)
    try:
        with polite():
            yield out
    except CannotRunError as error:
        out.failure(error.problem, error.remedy)
        raise typer.Exit(CANNOT_RUN) from error
    except RefusedError as error:
        out.say(f"shelfwire: {error}")
        out.result({"ok": False, "status": error.status, **error.body}, lambda _: None)
        raise typer.Exit(WRONG) from error
    except KeyboardInterrupt as error:
        out.failure("interrupted", "")
        raise typer.Exit(INTERRUPTED) from error


def _outline(found: "dict[str, Json]") -> "Callable[[Console], None]":
    from sandbox import report

    return lambda console: report.fields(console, found)


def _ask(as_json: bool, question: "Callable[[World], dict[str, Json]]") -> None:
    """Put one question to the running sandbox's API."""
    from sandbox.world import World

    with _told(as_json) as out:
        found = question(World.attached(Home()))
        out.result(found, _outline(found))
        if found.get("ok") is False:
            raise typer.Exit(WRONG)


@app.command()
def check(file: Path, as_json: AsJson = False) -> None:
    """Say everything that is wrong with a retailer's file, where, and what to do."""
    from sandbox.check import check_file

    with _told(as_json) as out:
        found = check_file(file)
        listed: list[Json] = [finding.to_json() for finding in found]

        def show(console: "Console") -> None:
            from sandbox import report

            report.findings(console, file, found)

        out.result({"ok": not found, "file": str(file), "mistakes": listed}, show)
        if found:
            raise typer.Exit(WRONG)


@app.command()
def simulate(  # noqa: PLR0913, PLR0917 - a command's options
    seeds: Annotated[int, typer.Option(min=1, help="How many histories to play.")] = 1000,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    first_seed: Annotated[int, typer.Option(help="The first seed.")] = 0,
    scenario: Annotated[str | None, typer.Option(help="Play only this one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Play one history.")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Tell the history of --seed.")] = False,
    given: Annotated[
        str | None, typer.Option(help="Only these faults, such as 'CRASH_BEFORE 9', or 'none'.")
    ] = None,
    crashes: Annotated[bool, typer.Option("--crashes", help="Enumerate crash points.")] = False,
    pairs: Annotated[float, typer.Option(help="Share of pairs of crash points.")] = 0.2,
    mutants: Annotated[bool, typer.Option("--mutants", help="Hunt planted bugs.")] = False,
    determinism: Annotated[
        int, typer.Option(min=0, help="Compare so many seeds under two hash seeds.")
    ] = 0,
    nightly: Annotated[int, typer.Option(min=0, help="New seeds for so many minutes.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Play the deployed system in virtual time under faults; exit code 1 if anything breaks."""
    with _told(as_json) as out:
        from sandbox import simulating

        wish = simulating.Wish(
            seeds, jobs, first_seed, scenario, seed, trace, given, crashes, pairs, mutants,
            determinism, nightly,
        )  # fmt: skip
        found = simulating.simulate(wish, out.say)
        out.result(found, _outline(found))
        if not found["ok"]:
            raise typer.Exit(WRONG)


@app.command()
def bench(
    area: Annotated[str, typer.Argument(help="What is measured; `bench help` lists it.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Only these; `--only help` lists them.")
    ] = None,
    prices: Annotated[int | None, typer.Option(help="Prices that change at once.")] = None,
    rows: Annotated[int | None, typer.Option(help="Rows of a file.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 1,
) -> None:
    """Measure in virtual time: one JSON line a metric; exit code 1 if a bound is missed."""
    with _told(as_json=False):
        from sandbox.benching import Wish
        from sandbox.benching import bench as measure

        wish = Wish(area, tuple(only or ()), prices, rows, seed)
        if not measure(wish, lambda line: print(line, flush=True)):
            raise typer.Exit(WRONG)


@app.command()
def up(port: Port = None, retailer: RetailerFile = None, as_json: AsJson = False) -> None:
    """Start the simulators and the embedded AWS, deploy the template, and leave them running."""
    from sandbox.world import bring_up

    with _told(as_json) as out:
        world = bring_up(Home(), retailer=retailer, port=port, steps=out.steps)
        found = {"ok": True} | world.describe()
        out.result(found, _outline(found))


@app.command()
def down(as_json: AsJson = False) -> None:
    """End the sandbox and everything it started."""
    from sandbox.world import take_down

    with _told(as_json) as out:
        ended: list[Json] = list(take_down(Home()))
        words = ", ".join(map(str, ended)) or "nothing was running"
        out.result({"ok": True, "ended": ended}, lambda console: console.print(words))


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say what runs and where; exit code 1 unless all of it does."""
    from sandbox.world import World

    with _told(as_json) as out:
        home = Home()
        parts: dict[str, Json] = {p.name: p.alive for p in home.tracked()}
        whole = bool(parts) and all(parts.values()) and "deployed" in home.recorded()
        found: dict[str, Json] = {"ok": whole, "running": parts}
        if whole:
            world = World.attached(home)
            found |= world.describe()
            found["connections"] = {
                str(one["connection"]): f"circuit {one['circuit']}, {one['calls_left']} calls left"
                for one in world.api.connections()
            }
        out.result(found, _outline(found))
        if not whole:
            raise typer.Exit(WRONG)


@app.command()
def demo(
    export: Annotated[
        Path | None, typer.Option("--input", help="A retailer's order export (CSV).")
    ] = None,
    story: Annotated[str, typer.Option(help="Which story; `--story help` lists them.")] = "",
    port: Port = None,
    retailer: RetailerFile = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Play a story on the deployed template and say whether everything came out right."""
    from sandbox import check as checking
    from sandbox import report
    from sandbox.play.quiet import bodies
    from sandbox.play.record import reminder
    from sandbox.stories import registry
    from sandbox.world import DEFAULT_RETAILER, sandbox

    with _told(as_json) as out:
        steps = out.steps
        played = registry.story(story or registry.DEFAULT, export=export)
        home = Home()
        base = retailer or home.root / DEFAULT_RETAILER
        checking.require_right(base)
        file = played.retailer_file(home, base, export=export)
        with sandbox(home, retailer=file, port=port, steps=steps, keep=keep) as world:
            result: dict[str, Json] = played.run(world, export=export, steps=steps)
            asked = reminder(bodies(world, "orders")) if keep else ""
        out.result(result, lambda console: report.played(console, result))
        if keep:
            out.say(asked)
        if not result["ok"]:
            raise typer.Exit(WRONG)


@app.command()
def send(
    event: Path,
    connection: Annotated[
        str | None, typer.Option(help="Whose webhook a bare body is, as in the retailer's file.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Topic of a bare Shopify webhook.")] = None,
    as_json: AsJson = False,
) -> None:
    """Post a webhook, signed anew, or put the messages of an SQS event into their queue."""
    from sandbox.send import send as sent

    _ask(as_json, lambda world: sent(world, event, connection=connection, topic=topic))


@trace.command("sku")
def trace_sku(sku: str, as_json: AsJson = False) -> None:
    """Facts, targets and what each channel was last told about a SKU."""
    _ask(as_json, lambda world: world.api.trace_sku(sku))


@trace.command("order")
def trace_order(order_id: str, as_json: AsJson = False) -> None:
    """Where an order stands and every step that led there."""
    _ask(as_json, lambda world: world.api.trace_order(order_id))


@app.command()
def exceptions(
    state: Annotated[str, typer.Option(help="open, solved (within a week) or all.")] = "open",
    as_json: AsJson = False,
) -> None:
    """What waits for a person, with its cause and what to do."""
    from sandbox import report
    from sandbox.world import World

    with _told(as_json) as out:
        found = World.attached(Home()).api.exceptions(state=state)
        listed: list[Json] = list(found)
        out.result(
            {"ok": True, "exceptions": listed}, lambda console: report.exceptions(console, found)
        )


@app.command()
def parity(
    shadow: Annotated[
        bool, typer.Option("--shadow", help="What channels in shadow would have been sent.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """How much of each channel shows what it should, and how well stock agrees with its source."""
    from sandbox import report
    from sandbox.world import World

    with _told(as_json) as out:
        api = World.attached(Home()).api
        found = api.parity()
        listed: list[Json] = list(found)
        if shadow:
            names = dict.fromkeys(str(one["channel"]) for one in found)
            waiting = [one for name in names for one in api.pending(name)]
            listed = list(waiting)
            said: dict[str, Json] = {"ok": True, "pending": listed}
            out.result(said, lambda console: report.pending(console, waiting))
            return
        sources = api.accuracy()
        shown = [*found, *({**one, "channel": one["source"]} for one in sources)]
        said = {"ok": True, "parity": listed, "sources": list(sources)}
        out.result(said, lambda console: report.parity(console, shown))


Channel = Annotated[str, typer.Option("--channel", help="Of this channel.")]
Broken = Annotated[str, typer.Option("--rule", help="That break this rule, such as max_fall.")]
Why = Annotated[str, typer.Option("--why", help="What is told of the decision.")]
Expected = Annotated[int | None, typer.Option("--all", help="All there are; how many they are.")]
Proposals = Annotated[list[str] | None, typer.Argument(help="CHANNEL/SKU/PROPOSAL, or FILE@RUN.")]


@approvals.command("list")
def approvals_list(channel: Channel = "", rule: Broken = "", as_json: AsJson = False) -> None:
    """What waits: what is shown, what is proposed, from when, and why it waits."""
    from sandbox import report
    from sandbox.world import World

    with _told(as_json) as out:
        api = World.attached(Home()).api
        found = api.approvals(channel=channel, rule=rule)
        files = [] if channel or rule else api.held_files()
        said: dict[str, Json] = {"ok": True, "waiting": [*found], "files": [*files]}
        out.result(said, lambda console: report.approvals(console, found, files))


@approvals.command("approve")
def approvals_approve(
    why: Why,
    proposals: Proposals = None,
    channel: Channel = "",
    rule: Broken = "",
    expected: Expected = None,
    as_json: AsJson = False,
) -> None:
    """Let these go out, or with --all everything of a channel if it is as much as said."""
    from sandbox.approving import wish

    asked = wish(proposals or [], channel, rule, expected)
    _ask(as_json, lambda world: asked.put(world.api, "approve", why))


@approvals.command("reject")
def approvals_reject(
    why: Why,
    proposals: Proposals = None,
    channel: Channel = "",
    rule: Broken = "",
    expected: Expected = None,
    as_json: AsJson = False,
) -> None:
    """Keep what is shown; a rejected price is not asked about again while it stays proposed."""
    from sandbox.approving import wish

    asked = wish(proposals or [], channel, rule, expected)
    _ask(as_json, lambda world: asked.put(world.api, "reject", why))


reconciling.register(app, _told, WRONG)
mails.register(app, _told)
mending.register(app, _ask)


def main() -> None:
    app(prog_name="shelfwire")
