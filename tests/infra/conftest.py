import pytest

from tests.infra.template import Synthesized, synthesized


@pytest.fixture(scope="session")
def template() -> Synthesized:
    return synthesized()
