"""Clients of AWS. That of DynamoDB takes requests and answers as they are, which saves most of it.

boto3 walks through every value by the shapes of the service. What DynamoDB is asked and answers is
JSON already in the very form that boto3 makes of it, but for bytes: in answers they stay in base64,
and a request holds them as a view, since plain bytes would be taken for text.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.serialize import JSONSerializer
from pydantic_core import from_json, to_json

from shared.aws.config import config
from shared.aws.sessions import session
from shared.aws.signing import sign_in_one_pass

MAILS = "sesv2"  # a mail that is sent again may be there twice
FILES = "s3"
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


class AsGiven(JSONSerializer):
    """Requests whose parameters are sent as they are.

    All else of them follows from the operation: it is made once for each that is asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._empty: dict[str, Any] = {}

    def serialize_to_request(self, parameters: Any, operation_model: Any) -> Any:
        name = operation_model.name
        empty = self._empty.get(name)
        if empty is None:
            empty = self._empty[name] = super().serialize_to_request({}, operation_model)
        headers = dict(empty["headers"])  # which the client adds to
        return {**empty, "headers": headers, "body": to_json(parameters, fallback=_base64)}


def _base64(view: memoryview) -> str:
    return b64encode(view).decode()


class _Factory(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        del protocol_name
        return _AsItIs()


class _FoundOnce:
    """Where a service is. botocore asks it before each call, which is a third of what that takes.

    It depends on the region and the account, and on what is asked for if that is told as an ARN,
    which ours never is. A bucket is part of its address, so it is not for S3.
    """

    def __init__(self, find: Callable[..., Any]) -> None:
        self._find = find
        self._found: Any = None

    def __call__(self, **asked: Any) -> Any:
        if self._found is None:
            self._found = self._find(**asked)
        return self._found


def client(service: str, **given: Any) -> Any:
    """As `boto3.client`, with our configuration."""
    tries = 1 if service == MAILS else 3
    made: Any = session().create_client(service, config=config(tries=tries), **given)
    if service != FILES:
        resolver = made._ruleset_resolver  # noqa: SLF001 - there is no other way to say it
        resolver.construct_endpoint = _FoundOnce(resolver.construct_endpoint)
        sign_in_one_pass(made)
    if service == "dynamodb":  # botocore has the parser chosen for a whole session, this not at all
        made._endpoint._response_parser_factory = _Factory()  # noqa: SLF001
        made._serializer = AsGiven()  # noqa: SLF001
    return made
