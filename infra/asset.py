"""One bundle for all functions: our code, the retailer's file and the locked dependencies.

Built by uv for the platform the functions run on, without Docker. The SDK's models of services we
do not use are left out: they are most of its size, and unzipping them most of a cold start.
Bytecode is made here: where functions run nothing can be written, so each cold start would compile.
"""

import compileall
import platform
import shutil
import subprocess
from pathlib import Path
from py_compile import PycInvalidationMode

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk.aws_lambda import Architecture, AssetCode, Code

from infra.stage import ROOT, Stage

SERVICES = frozenset({"dynamodb", "events", "s3", "secretsmanager", "sesv2", "sqs", "sts"})
MODELS = frozenset(
    {"endpoints.json", "partitions.json", "_retry.json", "sdk-default-configuration.json"}
)
OURS = ("functions", "shared")
_JUNK = ("__pycache__", "*.pyc", "bin", "*.so.dSYM")


def architecture(stage: Stage) -> Architecture:
    if stage.platform == "host" and platform.machine() in {"x86_64", "AMD64"}:
        return Architecture.X86_64
    return Architecture.ARM_64


def code(stage: Stage) -> AssetCode:
    """The bundle as a CDK asset; its hash is that of what is in it."""
    return Code.from_asset(
        str(ROOT),
        exclude=["/*", "!/functions", "!/shared", "!/requirements", "__pycache__"],
        asset_hash_type=AssetHashType.OUTPUT,
        bundling=BundlingOptions(
            image=DockerImage.from_registry("none"), local=_Bundler(stage), user="root"
        ),
    )


@jsii.implements(ILocalBundling)
class _Bundler:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def try_bundle(self, output_dir: str, options: object = None, **_: object) -> bool:
        del options
        bundle(self._stage, Path(output_dir))
        return True


def bundle(stage: Stage, target: Path) -> None:
    """Fill `target` with everything a function imports, and the retailer's file beside it."""
    arguments = [_uv(), "pip", "install", "--quiet", "--require-hashes", "--target", str(target)]
    if stage.platform != "host":
        arguments += ["--python-platform", "aarch64-manylinux_2_28", "--only-binary", ":all:"]
    arguments += ["--python-version", "3.13", "-r", str(ROOT / "requirements" / "runtime.txt")]
    subprocess.run(arguments, check=True, cwd=ROOT)
    for package in OURS:
        ignore = shutil.ignore_patterns(*_JUNK)
        shutil.copytree(ROOT / package, target / package, ignore=ignore)
    shutil.copy(stage.file, target / "retailer.toml")
    _trim(target)
    _compile(target)


def _compile(target: Path) -> None:
    """Bytecode that is believed unseen, so that neither paths nor times are in it."""
    compiled = compileall.compile_dir(
        target, quiet=1, stripdir=target, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    if not compiled:
        raise SyntaxError(f"{target} holds code that cannot be compiled")


def _trim(target: Path) -> None:
    for data in (target / "botocore" / "data", target / "boto3" / "data"):
        for entry in data.iterdir():
            if entry.is_dir() and entry.name not in SERVICES:
                shutil.rmtree(entry)
            elif entry.is_file() and entry.name not in MODELS:
                entry.unlink()
    for junk in (*target.rglob("__pycache__"), *target.glob("bin"), *target.glob(".lock")):
        shutil.rmtree(junk) if junk.is_dir() else junk.unlink()


def _uv() -> str:
    found = shutil.which("uv") or shutil.which(ROOT / ".tools" / "bin" / "uv")
    if found is None:
        raise FileNotFoundError("uv is not installed; run `make setup`")
    return found
