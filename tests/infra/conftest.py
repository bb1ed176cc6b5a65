import pytest

from tests.infra.template import Synthesized, synthesized


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesized(tmp_path_factory.mktemp("synth"))
