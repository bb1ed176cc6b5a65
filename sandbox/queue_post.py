"""Puts what a vendor delivers to a queue there, as its AWS account would: if the policy lets it."""

import json
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.simulator import Delivery

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SEND = "sqs:sendmessage"


class QueuePost:
    """Queues of one AWS account, behind one endpoint. The embedded AWS asks no policy by itself."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    @cached_property
    def _sqs(self) -> "SQSClient":
        from sandbox.deployed import Aws  # noqa: PLC0415 - boto3, only where something is sent

        return Aws(self._endpoint).sqs

    def put(self, delivery: Delivery) -> int | None:
        """As a status: 200 sent, 403 not let in, 404 no such queue; None if nobody answered."""
        try:
            url = self._sqs.get_queue_url(QueueName=delivery.queue.rpartition(":")[2])["QueueUrl"]
            said = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
            policy = said.get("Attributes", {}).get("Policy", "")
            if not lets_in(policy, delivery.account, delivery.queue):
                return HTTPStatus.FORBIDDEN
            self._sqs.send_message(QueueUrl=url, MessageBody=delivery.body.decode())
        except ClientError as error:
            status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
            gone = "NonExistentQueue" in error.response["Error"]["Code"]
            return HTTPStatus.NOT_FOUND if gone else status
        except BotoCoreError:
            return None
        return HTTPStatus.OK


def lets_in(policy: str, account: str, queue: str) -> bool:
    """Whether a queue's policy lets another account send to it, over TLS."""
    statements = json.loads(policy)["Statement"] if policy else []
    fitting = {
        statement["Effect"]
        for statement in _listed(statements)
        if _names(statement, account) and _says(statement, queue) and _holds(statement)
    }
    return fitting == {"Allow"}


def _names(statement: Mapping[str, Any], account: str) -> bool:
    principal = statement.get("Principal", {})
    named = _listed(principal.get("AWS", ())) if isinstance(principal, dict) else [principal]
    return any(name in {"*", account, f"arn:aws:iam::{account}:root"} for name in named)


def _says(statement: Mapping[str, Any], queue: str) -> bool:
    actions = {action.lower() for action in _listed(statement.get("Action", ()))}
    resources = _listed(statement.get("Resource", ()))
    return bool(actions & {SEND, "sqs:*", "*"}) and bool({queue, "*"} & set(resources))


def _holds(statement: Mapping[str, Any]) -> bool:
    """Conditions on TLS do not hold of a sender that uses it; others are not known here."""
    return not statement.get("Condition")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
