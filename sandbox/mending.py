"""The commands by which a person gets on what is stuck, or settles it."""

# ruff: noqa: FBT002 - typer's flags are booleans
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sandbox.world import World
    from shared.model.base import Json

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def register(
    app: typer.Typer, ask: "Callable[[bool, Callable[[World], dict[str, Json]]], None]"
) -> None:
    """Add the commands; `ask` puts a question to the API of what runs."""

    @app.command("replay")
    def replay(
        name: Annotated[
            str, typer.Argument(help="An exception, or CONNECTION/DELIVERY of the inbox.")
        ],
        as_json: AsJson = False,
    ) -> None:
        """Do again what failed, once its cause is gone. Harmless to repeat."""
        ask(as_json, lambda world: world.api.replay(name))

    @app.command("close")
    def close(
        name: Annotated[str, typer.Argument(help="An exception, such as 'no_price#shop/HAT-M'.")],
        why: Annotated[str, typer.Option("--why", help="What was done, or why nothing is.")],
        count: Annotated[
            int | None, typer.Option("--times", min=1, help="Only if it was told so often.")
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Take an exception whose cause is gone off the list; told again, it comes back."""
        ask(as_json, lambda world: world.api.close(name, why, count=count))

    @app.command("map")
    def map_code(connection: str, code: str, sku: str, as_json: AsJson = False) -> None:
        """Say which of the ERP's articles a connection's code means; releases what waited."""
        ask(as_json, lambda world: world.api.map_code(connection, code, sku))
