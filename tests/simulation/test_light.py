"""The simulation's requests are those httpx would build."""

from collections.abc import Mapping

import httpx
import pytest

from tests.simulation import light

BASE = "https://erp.example/sap/opu/odata/sap"


@pytest.mark.parametrize(
    ("method", "url", "more"),
    [
        ("GET", "/API_PRODUCT_SRV/A_Product", {"params": {"$filter": "a eq 'é & b' or c gt 1"}}),
        ("GET", "A_Product(Product='A B')", {"params": {}, "headers": {"accept": "text/xml"}}),
        ("GET", "https://login.example/token", {}),
        ("POST", "/oauth/token", {"data": {"grant_type": "x", "secret": "a&b=c é"}}),
        ("POST", "/A_SalesOrder", {"json": {"a": [1, "é"], "b": None}, "headers": {"X-Tok": "1"}}),
        ("POST", "/empty", {}),
        ("get", "/API_OUTBOUND_DELIVERY_SRV;v=0002/A", {"params": {"$skiptoken": "a/b?c"}}),
    ],
)
@pytest.mark.parametrize("cookies", [{}, {"SAP_SESSIONID": "abc"}])
def test_a_request_is_what_httpx_builds(
    method: str, url: str, more: Mapping[str, object], cookies: dict[str, str]
) -> None:
    client = httpx.Client(base_url=BASE, headers={"accept": "application/json"}, cookies=cookies)
    theirs = client.build_request(method, url, **more)  # type: ignore[arg-type]
    ours = light.build_request(client, method, url, **more)  # type: ignore[arg-type]
    assert str(ours.url) == str(theirs.url)
    assert (ours.method, ours.content) == (theirs.method, theirs.content)
    assert dict(ours.headers) == dict(theirs.headers)
    assert ours.read() == theirs.read()
