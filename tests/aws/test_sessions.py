"""Clients of our session send what those of botocore's own would, to the same place."""

from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from infra.asset import SERVICES
from shared.aws.sessions import session

CALLS: dict[str, tuple[str, dict[str, object]]] = {
    "dynamodb": ("list_tables", {}),
    "events": ("list_rules", {}),
    "s3": ("get_object", {"Bucket": "archive", "Key": "a b/ü"}),
    "secretsmanager": ("get_secret_value", {"SecretId": "shop"}),
    "sesv2": ("get_account", {}),
    "sqs": ("get_queue_url", {"QueueName": "shop-read"}),
    "sts": ("get_caller_identity", {}),
}
REGIONS = ("eu-west-1", "us-east-1", "cn-north-1")
MODES = (Config(), Config(use_fips_endpoint=True), Config(use_dualstack_endpoint=True))


class SentError(Exception):
    """Nothing leaves."""


def sent(of: botocore.session.Session, service: str, region: str, config: Config) -> object:
    """Where a call goes, and for which region, service and way it is signed."""
    made: Any = of.create_client(
        service,
        region_name=region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=config,
    )
    found: list[object] = [made.meta.endpoint_url, made.meta.region_name, made.meta.partition]

    def stop(request: AWSPreparedRequest, **_: object) -> None:
        signed = str(request.headers.get("Authorization")).split(", Signature")[0]
        found.extend([request.url, signed.replace("Credential=testing/", "")])
        raise SentError

    made.meta.events.register_first("before-send", stop)
    operation, parameters = CALLS[service]
    with pytest.raises(SentError):
        getattr(made, operation)(**parameters)
    return found


def test_every_service_the_bundle_knows_is_called() -> None:
    assert CALLS.keys() == SERVICES


@pytest.mark.parametrize("service", sorted(CALLS))
def test_a_call_goes_where_botocore_would_send_it_and_is_signed_alike(service: str) -> None:
    own, theirs = session(), botocore.session.get_session()
    for region in REGIONS:
        for config in MODES if region == "us-east-1" else MODES[:1]:
            wanted = sent(theirs, service, region, config)
            assert sent(own, service, region, config) == wanted, (region, config)
