"""Cold start is a feature: what the leanest function must never import."""

import subprocess
import sys
from importlib import import_module
from pkgutil import walk_packages

import functions


def _said(probe: str) -> list[str]:
    """The lines a fresh interpreter prints."""
    found = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True
    )
    return found.stdout.splitlines()


def test_the_door_imports_no_model_no_http_client_and_no_powertools() -> None:
    probe = (
        "import sys, functions.ingest.webhook, functions.ingest.notified, "
        "shared.connectors.shopify.webhook, "
        "shared.connectors.sap.webhook, shared.connectors.amazon.notification; "
        "print(sorted({m.split('.')[0] for m in sys.modules} "
        "& {'pydantic', 'httpx', 'aws_lambda_powertools', 'stdnum'}))"
    )
    assert _said(probe) == ["[]"]


def test_a_worker_imports_what_its_events_need_and_no_more() -> None:
    """boto3 for nobody, httpx for who calls vendors, of a shop's client what is called for."""
    probe = (
        "import sys, functions.ops.sweep, functions.derive.targets, functions.ingest.import_file; "
        "print({'boto3', 's3transfer', 'httpx'} & set(sys.modules)); "
        "import shared.connectors.shopify.client; "
        "print({m for m in sys.modules if m.startswith('shared.connectors.shopify.') "
        "and m.endswith(('_schema', '.reader', '.content', '.stock', '.bulk'))})"
    )
    assert _said(probe) == ["set()", "set()"]


def test_who_writes_to_a_shop_imports_no_movement_and_no_price_list() -> None:
    probe = (
        "import sys, functions.publish.channel, shared.connectors.shopify.price_lines; "
        "print({m for m in sys.modules if m.endswith(('.movement', '.list_schema'))})"
    )
    assert _said(probe) == ["set()"]


def test_who_reads_orders_imports_no_target_and_no_card_of_stock() -> None:
    probe = (
        "import sys, functions.ingest.read_channel, shared.connectors.shopify.reader; "
        "print({'shared.model.target', 'shared.model.facts', 'shared.model.movement'} "
        "& set(sys.modules))"
    )
    assert _said(probe) == ["set()"]


def test_a_reader_imports_no_description_of_answers() -> None:
    probe = (
        "import sys, functions.read.api, functions.orders.api, functions.ops.approvals; "
        "print({m for m in sys.modules if m.startswith(('shared.model.answers', "
        "'shared.model.openapi', 'shared.model.api_routes'))})"
    )
    assert _said(probe) == ["set()"]


def test_no_validator_is_made_before_something_is_read() -> None:
    """But of what is generic: pydantic makes that one when it is told of what."""
    workers = ("ingest.read_erp", "ingest.read_channel", "publish.channel", "orders.send")
    beside = ("sap.billing", "sap.promises", "sap.returns", "sap.facts", "shopify.reader")
    probe = (
        f"import {', '.join(f'functions.{name}' for name in workers)}\n"
        f"import {', '.join(f'shared.connectors.{name}' for name in beside)}\n"
        "from pydantic import BaseModel\n"
        "def under(base):\n"
        "    for model in base.__subclasses__(): yield model; yield from under(model)\n"
        "ours = ('shared.', 'functions.')\n"
        "found = [m for m in under(BaseModel) if m.__module__.startswith(ours)]\n"
        "print(len(found) > 150)\n"
        "print({m.__name__ for m in found if m.__pydantic_complete__} - {'Connected'})"
    )
    assert _said(probe) == ["True", "set()"]


def test_garbage_is_looked_for_again_once_a_function_is_loaded() -> None:
    modules = [m.name for m in walk_packages(functions.__path__, "functions.") if not m.ispkg]
    handlers = [name for name in modules if hasattr(import_module(name), "handler")]
    probe = (
        "import gc, sys, importlib, functions; assert not gc.isenabled()\n"
        f"for name in {handlers}:\n"
        "    if name in sys.modules: continue\n"
        "    gc.disable(); importlib.import_module(name); assert gc.isenabled(), name"
    )
    assert len(handlers) > 20
    environment = {"AWS_LAMBDA_FUNCTION_NAME": "cold", "POWERTOOLS_SERVICE_NAME": "test"}
    subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", probe], check=True, env=environment
    )
