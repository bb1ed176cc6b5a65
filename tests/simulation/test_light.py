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
        (
            "PATCH",
            "/items/A/B%2F1",
            {
                "params": {"a": "b,c"},
                "content": b"{}",
                "headers": {"content-type": "application/json"},
            },
        ),
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


@pytest.mark.parametrize("name", ["ETag", "etag", "LINK", "absent"])
def test_a_header_is_found_as_httpx_finds_it(name: str) -> None:
    headers = httpx.Headers([("etag", '"1"'), ("Link", "<a>"), ("link", "<b>")])
    assert light.has(headers, name) == (name in headers)
    assert light.got(headers, name) == headers.get(name)
    assert light.got(headers, name, "none") == headers.get(name, "none")
    if name in headers:
        assert light.value(headers, name) == headers[name]
    else:
        with pytest.raises(KeyError):
            light.value(headers, name)


@pytest.mark.parametrize(
    "url",
    [BASE, "https://erp.example", "https://erp.example:8443/a%20b/%C3%A9;v=2?q=a%2Fb", "/path"],
)
def test_an_address_is_read_as_httpx_reads_it(url: str) -> None:
    read = httpx.URL(url)
    assert light.path(read) == read.path
    assert light.netloc(read) == read.netloc
