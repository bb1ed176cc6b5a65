"""Fake credentials, no sockets, and how hard Hypothesis looks."""

import os
from collections.abc import Iterator

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION="eu-west-1",
    POWERTOOLS_METRICS_NAMESPACE="shelfwire",
    POWERTOOLS_SERVICE_NAME="test",
    POWERTOOLS_TRACE_DISABLED="1",
)

_QUIET = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
# The same examples every time and everywhere, so that a red run is about the change; `explore`
# draws new ones, and more.
settings.register_profile(
    "same", max_examples=50, deadline=None, derandomize=True, suppress_health_check=_QUIET
)
settings.register_profile("explore", max_examples=500, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture
def aws() -> Iterator[None]:
    """An AWS account that exists only in this process."""
    boto3.DEFAULT_SESSION = None
    with mock_aws():
        yield
