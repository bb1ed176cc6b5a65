"""What the template made on the embedded AWS, and the clients that reach it."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config

from sandbox.failures import CannotRunError
from shared.model.base import Canonical
from shared.model.retailer import Retailer

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"
KEY_ID = SECRET_KEY = "test"
CLIENTS = ("operator", "pricing", "shopfront", "warehouse")
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=120,
    retries={"mode": "standard", "max_attempts": 2},
    max_pool_connections=32,
    proxies={},
)


class Aws:
    """Clients of the embedded AWS: made-up credentials, one endpoint, never the real one."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session(KEY_ID, SECRET_KEY, region_name=REGION)

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self.endpoint, config=_CONFIG)  # type: ignore[call-overload]

    @cached_property
    def sqs(self) -> "SQSClient":
        return self._session.client("sqs", endpoint_url=self.endpoint, config=_CONFIG)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self._session.client("dynamodb", endpoint_url=self.endpoint, config=_CONFIG)

    @cached_property
    def functions(self) -> "LambdaClient":
        return self._session.client("lambda", endpoint_url=self.endpoint, config=_CONFIG)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        return self._session.client("secretsmanager", endpoint_url=self.endpoint, config=_CONFIG)

    @cached_property
    def callers(self) -> "CognitoIdentityProviderClient":
        return self._session.client("cognito-idp", endpoint_url=self.endpoint, config=_CONFIG)


class Deployed(Canonical):
    """Names in the embedded AWS by our own: `tables["facts"]`, `queues["erp-read"]` (a URL).

    `clients` are the machine callers' ids; `secrets` names the secret of each connection.
    """

    endpoint: str
    prefix: str
    api_id: str
    api_stage: str
    pool_id: str
    archive: str
    files: str
    bus: str
    clients: dict[str, str]
    tables: dict[str, str]
    queues: dict[str, str]
    functions: dict[str, str]
    secrets: dict[str, str]

    @property
    def api_url(self) -> str:
        """The path form, which needs no name resolution."""
        return f"{self.endpoint}/_aws/execute-api/{self.api_id}/{self.api_stage}"

    @cached_property
    def aws(self) -> Aws:
        return Aws(self.endpoint)

    @classmethod
    def read(cls, endpoint: str, retailer: Retailer, outputs: Path) -> Self:
        """From the outputs `cdk deploy` wrote and what AWS lists."""
        aws = Aws(endpoint)
        prefix = f"shelfwire-{retailer.retailer}-{retailer.stage}"
        said = _merged(json.loads(outputs.read_text(encoding="utf-8")))
        pages = aws.functions.get_paginator("list_functions").paginate()
        queues = aws.sqs.list_queues(QueueNamePrefix=f"{prefix}-", MaxResults=1000)
        return cls(
            endpoint=endpoint,
            prefix=prefix,
            api_id=_output(said, "ApiId"),
            api_stage=_output(said, "ApiStage"),
            pool_id=_output(said, "PoolId"),
            archive=_output(said, "ArchiveName"),
            files=_output(said, "FilesName"),
            bus=_output(said, "BusName"),
            clients={name: _output(said, f"Client{name.title()}") for name in CLIENTS},
            tables=_ours(prefix, aws.dynamodb.list_tables()["TableNames"]),
            queues={
                name: url
                for url in queues.get("QueueUrls", [])
                for name in _ours(prefix, [url.rpartition("/")[2]])
            },
            functions=_ours(
                prefix, [f["FunctionName"] for page in pages for f in page["Functions"]]
            ),
            secrets={c.name: f"{prefix}-{c.secret}" for c in retailer.connections},
        )

    def fill_secret(self, connection: str, secret: Mapping[str, object]) -> None:
        """Put credentials of a simulator where functions will look for them."""
        self.aws.secrets.put_secret_value(
            SecretId=self.secrets[connection], SecretString=json.dumps(dict(secret))
        )


def _merged(outputs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: value for stack in outputs.values() for name, value in stack.items()}


def _output(said: Mapping[str, str], name: str) -> str:
    """An output by the name it was given; CDK adds where it stands before, and a hash after."""
    wanted = re.compile(rf"(?!ExportsOutput).*{name}([0-9A-F]{{8}})?")
    for key, value in said.items():
        if wanted.fullmatch(key):
            return value
    raise CannotRunError(f"the template has no output {name}")


def _ours(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """Our short name of everything that begins with the prefix."""
    begin = f"{prefix}-"
    return {name.removeprefix(begin): name for name in names if name.startswith(begin)}
