import json
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest

from shared.aws.config import config
from shared.aws.secrets import Secrets
from shared.errors import AccessError, RetryableError
from tests.aws.calls import CallCounter
from tests.aws.scripted import script
from tests.fakes import SetClock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

GIVEN = {"token": "shpat_1", "webhook": ["old", "new"]}


@pytest.fixture
def client(aws: None) -> "SecretsManagerClient":
    del aws
    made = boto3.client("secretsmanager", config=config())
    made.create_secret(Name="shop", SecretString=json.dumps(GIVEN))
    return made


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 11, 27, 9, tzinfo=UTC))


@pytest.fixture
def secrets(client: "SecretsManagerClient", clock: SetClock) -> Secrets:
    return Secrets(client, {"shop": "shop", "erp": "missing"}, clock)


def test_a_secret_is_a_json_object(secrets: Secrets) -> None:
    assert secrets.read("shop") == GIVEN


def test_a_secret_is_asked_for_once_in_five_minutes(
    secrets: Secrets, client: "SecretsManagerClient", clock: SetClock
) -> None:
    calls = CallCounter(client)
    secrets.read("shop")
    clock.advance(seconds=299)
    secrets.read("shop")
    assert calls.total() == 1


def test_a_rotated_secret_is_seen_after_five_minutes(
    secrets: Secrets, client: "SecretsManagerClient", clock: SetClock
) -> None:
    secrets.read("shop")
    client.put_secret_value(SecretId="shop", SecretString='{"token": "shpat_2"}')
    clock.advance(minutes=5)
    assert secrets.read("shop") == {"token": "shpat_2"}


@pytest.mark.parametrize("said", ['["shpat_9"]', "shpat_9", '{"token": "shpat_9"'])
def test_a_secret_that_is_no_object_needs_a_person_and_is_not_shown(
    secrets: Secrets, client: "SecretsManagerClient", said: str
) -> None:
    client.put_secret_value(SecretId="shop", SecretString=said)
    with pytest.raises(AccessError, match="secret of shop") as raised:
        secrets.read("shop")
    assert "shpat_9" not in "".join(traceback.format_exception(raised.value))


def test_a_binary_secret_needs_a_person(secrets: Secrets, client: "SecretsManagerClient") -> None:
    client.create_secret(Name="missing", SecretBinary=b"\x00")
    with pytest.raises(AccessError, match="not a JSON object"):
        secrets.read("erp")


@pytest.mark.parametrize("connection", ["erp", "till"])
def test_a_secret_nobody_put_there_needs_a_person(secrets: Secrets, connection: str) -> None:
    with pytest.raises(AccessError, match=connection):
        secrets.read(connection)


def test_trouble_passes(secrets: Secrets, client: "SecretsManagerClient") -> None:
    script(client, "secrets-manager.GetSecretValue", "InternalServiceError")
    with pytest.raises(RetryableError):
        secrets.read("shop")
    assert secrets.read("shop") == GIVEN
