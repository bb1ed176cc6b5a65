"""One deployment is a file and a platform; what AWS would refuse is refused before."""

import platform
import tomllib
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.asset import architecture
from infra.connection import polled
from infra.stage import ROOT, Stage, stage_from
from shared.model.ids import Entity
from shared.model.retailer import Retailer
from tests.infra.template import app

pytestmark = pytest.mark.xdist_group("synth")
EXAMPLE = ROOT / "retailers" / "example.toml"


def retailer(**over: Any) -> Retailer:
    raw = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    return Retailer.model_validate(raw | over)


def stage(of: Retailer) -> Stage:
    return Stage(of, EXAMPLE, "arm64", cdk.Environment())


def test_the_file_is_the_one_the_context_names(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(EXAMPLE.read_text(encoding="utf-8").replace("northwind", "other", 1))
    assert stage_from(app(tmp_path)).retailer.retailer == "northwind"
    assert stage_from(app(tmp_path, retailer=str(other))).prefix == "shelfwire-other-dev"


def test_functions_run_on_arm_unless_they_are_to_run_here(tmp_path: Path) -> None:
    here = stage_from(app(tmp_path, platform="host"))
    arm = platform.machine() in {"aarch64", "arm64"}
    assert architecture(stage_from(app(tmp_path))).name == "arm64"
    assert architecture(here).name == ("arm64" if arm else "x86_64")


def test_a_platform_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="arm64 or host, not 'arm'"):
        stage_from(app(tmp_path, platform="arm"))


def test_a_name_longer_than_aws_takes_is_refused() -> None:
    assert stage(retailer(retailer="r" * 28)).prefix == f"shelfwire-{'r' * 28}-dev"
    with pytest.raises(ValueError, match=r"^retailer 'r{29}' is 1 characters too long"):
        stage(retailer(retailer="r" * 29))
    ours = retailer(retailer="r" * 28)
    erp = ours.connection("erp").model_copy(update={"name": "e" * 9})
    with pytest.raises(ValueError, match=r"'e{9}' are together 2 characters too long"):
        stage(ours.model_copy(update={"connections": (erp,)}))


def test_a_connection_is_polled_for_what_it_is_believed_about() -> None:
    ours = retailer(authority={"product": "erp", "price": "shop", "stock": "erp"})
    erp, shop = (ours.connection(name) for name in ("erp", "shop"))
    assert polled(erp, ours) == [
        Entity.PRODUCT,
        Entity.STOCK,
        Entity.SHIPMENT,
        Entity.INVOICE,
        Entity.RETURN,
        Entity.ALLOCATION,
    ]
    assert polled(shop, ours) == [Entity.PRICE, Entity.ORDER]
