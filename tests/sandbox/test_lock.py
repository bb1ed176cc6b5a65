"""The hash-pinned requirement files are the lock: they must hold what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES: dict[str, list[str]] = {
    "runtime": PROJECT["project"]["dependencies"],
    **PROJECT["dependency-groups"],
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ \\;]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return {canonicalize_name(package): version for package, version in _PIN.findall(text)}


@pytest.mark.parametrize("name", FILES)
def test_every_dependency_is_pinned_as_it_is_asked_for(name: str) -> None:
    pinned = pins(name)
    for text in FILES[name]:
        wanted = Requirement(text)
        version = pinned.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not in requirements/{name}.txt: make lock"
        assert wanted.specifier.contains(version, prereleases=True), f"{text}, but {version}"


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_a_hash_and_no_index_is_named(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    for entry in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
    assert "index-url" not in text
    assert "://" not in text


@pytest.mark.parametrize("name", ["infra", "sandbox", "dev"])
def test_what_tests_run_with_is_what_is_deployed(name: str) -> None:
    deployed = pins("runtime")
    shared = {package: v for package, v in pins(name).items() if package in deployed}
    assert shared == {package: deployed[package] for package in shared}


def test_every_dependency_has_its_reason_among_the_decisions() -> None:
    decision = (ROOT / "docs" / "decisions" / "0011-few-dependencies.md").read_text("utf-8")
    names = {Requirement(text).name for asked in FILES.values() for text in asked}
    assert {name for name in names if f"`{name}`" not in decision} == set()
