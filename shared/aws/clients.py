"""Clients of AWS. That of DynamoDB takes its answers as they are, which is most of its time saved.

boto3 walks through every value of an answer by the shapes of the service. DynamoDB's answers are
JSON already in the very form that boto3 makes of them, but for bytes, which stay in base64.
"""

from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.parsers import JSONParser, ResponseParserFactory
from pydantic_core import from_json

from shared.aws.config import config

MAILS = "sesv2"  # a mail that is sent again may be there twice
FAILED = 301  # and above, as boto3 has it


class _AsItIs(JSONParser):
    def parse(self, response: Mapping[str, Any], shape: Any) -> Any:
        if response["status_code"] >= FAILED:
            return super().parse(response, shape)
        answer = from_json(response["body"] or b"{}")
        headers = {name.lower(): value for name, value in response["headers"].items()}
        answer["ResponseMetadata"] = {
            "RequestId": headers.get("x-amzn-requestid", ""),
            "HTTPStatusCode": response["status_code"],
            "HTTPHeaders": headers,
        }
        return answer


class _Factory(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        del protocol_name
        return _AsItIs()


def client(service: str, **given: Any) -> Any:
    """As `boto3.client`, with our configuration."""
    if service != "dynamodb":
        tries = 1 if service == MAILS else 3
        return boto3.client(service, config=config(tries=tries), **given)  # type: ignore[call-overload]
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", _Factory())
    return boto3.Session(botocore_session=session).client("dynamodb", config=config(), **given)
