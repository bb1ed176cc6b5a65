import pytest

from tests.infra.template import Synthesized, of_the_example


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return of_the_example(tmp_path_factory.getbasetemp())
