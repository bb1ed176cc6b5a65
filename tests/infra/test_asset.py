"""The bundle as it is deployed: everything a function imports, the retailer's file, no more."""

import hashlib
import importlib.util
from pathlib import Path

import aws_cdk as cdk
import pytest

from infra.asset import MODELS, SERVICES, bundle
from infra.stage import stage_from

pytestmark = pytest.mark.xdist_group("synth")
LIMIT_MB = 40  # Lambda takes 250 MB unzipped; a cold start does not


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("bundle")
    bundle(stage_from(cdk.App(context={"platform": "arm64"})), target)
    return target


def test_the_bundle_holds_our_code_its_dependencies_and_the_retailer_s_file(built: Path) -> None:
    for needed in ("functions", "shared", "boto3", "httpx", "pydantic", "aws_lambda_powertools"):
        assert (built / needed).is_dir()
    assert (built / "retailer.toml").is_file()
    assert (built / "tzdata" / "zoneinfo" / "Europe" / "London").is_file()


def test_the_bundle_holds_nothing_that_is_not_deployed(built: Path) -> None:
    for stranger in ("sandbox", "infra", "tests", "aws_cdk", "moto", "bin"):
        assert not (built / stranger).exists()


def test_nothing_is_compiled_when_a_function_starts(built: Path) -> None:
    """Bytecode lies beside every module, and is believed without a look at the source's time."""
    for source in (built / "functions" / "runtime.py", built / "boto3" / "__init__.py"):
        compiled = Path(importlib.util.cache_from_source(str(source)))
        assert compiled.read_bytes()[4:8] == (0b01).to_bytes(4, "little")


def test_only_the_models_of_services_we_use_are_carried(built: Path) -> None:
    kept = {path.name for path in (built / "botocore" / "data").iterdir()}
    assert kept == SERVICES | MODELS


def test_the_same_inputs_make_the_same_bundle(built: Path, tmp_path: Path) -> None:
    bundle(stage_from(cdk.App()), tmp_path)
    assert contents(tmp_path) == contents(built)


def test_compiled_code_is_for_the_processor_it_runs_on(built: Path) -> None:
    compiled = list(built.rglob("*.so"))
    assert compiled
    assert all("aarch64" in path.name for path in compiled)


def test_the_bundle_stays_small(built: Path) -> None:
    size = sum(path.stat().st_size for path in built.rglob("*") if path.is_file())
    assert size < LIMIT_MB * 1024 * 1024
