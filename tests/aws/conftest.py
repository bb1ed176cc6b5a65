"""Every form of a port: in memory, on moto, and on the embedded AWS where it is installed."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from shared.aws import clients
from shared.aws.store import DynamoStore
from shared.ports import Store
from tests.aws.embedded import embedded_aws
from tests.aws.partiql import with_statements
from tests.aws.tables import create_tables
from tests.fakes import MemoryStore
from tests.simulation.engine import Engine
from tests.simulation.faults import Faults
from tests.simulation.store import SimStore
from tests.simulation.wire import Wire


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_aws(tmp_path_factory.mktemp("cloud")) as url:
        yield url


EMBEDDED = pytest.param("embedded", marks=[pytest.mark.sandbox, pytest.mark.enable_socket])


@pytest.fixture(params=["memory", "simulated", "moto", EMBEDDED])
def store(request: pytest.FixtureRequest) -> Store:
    """Each form flows may meet; what holds here may be relied on."""
    if request.param == "simulated":
        return SimStore(Wire(Engine(0, Faults(0, on=()))))
    return MemoryStore() if request.param == "memory" else _dynamo(request)


@pytest.fixture(params=["moto", EMBEDDED])
def dynamo(request: pytest.FixtureRequest) -> Store:
    """Each form that is DynamoDB's, to be compared with the one in memory."""
    return _dynamo(request)


def _dynamo(request: pytest.FixtureRequest) -> DynamoStore:
    if request.param == "moto":
        request.getfixturevalue("aws")
        client = with_statements(clients.client("dynamodb"))
    else:
        url = request.getfixturevalue("endpoint")
        client = clients.client("dynamodb", endpoint_url=url)
    return DynamoStore(client, create_tables(client, prefix=f"t{uuid4().hex[:8]}"))
