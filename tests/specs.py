"""Where the vendors' own schemas and recordings lie; tests that need them skip without them."""

import os
from pathlib import Path

import pytest


def specs_dir() -> Path:
    """The directory named by SHELFWIRE_SPECS, else `shared/specs` beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "specs"
    return Path(os.environ.get("SHELFWIRE_SPECS", beside))


needs_specs = pytest.mark.skipif(
    not specs_dir().is_dir(), reason=f"no vendor schemas in {specs_dir()}: set SHELFWIRE_SPECS"
)
