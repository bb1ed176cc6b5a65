"""Where Shopify keeps files: put there by form, read from there, and from nowhere else."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.errors import AccessError, RejectedError
from shared.frozen import frozen
from shared.kit.http import ANSWER_MAX_BYTES, Http, check
from shared.model.retailer import LOOPBACK

if TYPE_CHECKING:
    from shared.connectors.shopify.bulk_schema import Parameter

UPLOAD_MAX_BYTES = 20_000_000  # the documented size is 100 MB; places are made for 20 MiB


@frozen
class Storage:
    """`hosts` are those that may be asked, beside the shop's own; none gets a token of ours."""

    http: Http
    hosts: tuple[str, ...]

    def put(self, url: str, fields: Sequence["Parameter"], name: str, content: bytes) -> None:
        """Upload a file with the fields of its place before it; a repeat is harmless."""
        body, kind = form(fields, name, content)
        headers = {"content-type": kind}
        client = self.http.client
        request = client.build_request("POST", self._trusted(url), content=body, headers=headers)
        response = self.http.send(request, writes=False)
        if response.is_redirect:
            raise AccessError(f"the upload to {urlsplit(url).hostname} was sent elsewhere")
        check(response, writes=False)

    def get(self, url: str) -> bytes:
        request = self.http.client.build_request("GET", self._trusted(url))
        response = self.http.send(request, writes=False)
        if response.is_redirect:
            raise AccessError(f"the result at {urlsplit(url).hostname} was sent elsewhere")
        return check(response, writes=False).content

    def _trusted(self, url: str) -> str:
        """An address that Shopify gave must not lead to a host that is not Shopify's."""
        parts = urlsplit(url)
        own = self.http.client.base_url.host
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        if secure and not parts.username and parts.hostname in {own, *self.hosts}:
            return url
        raise AccessError(
            f"a file lies at {parts.scheme}://{parts.hostname}, which is not among file_hosts"
        )


def form(fields: Sequence["Parameter"], name: str, content: bytes) -> tuple[bytes, str]:
    """A form of these fields and, last, the file; its content type names the boundary."""
    boundary = sha256(content).hexdigest()[:32]
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{_quoted(field.name)}"'
        f"\r\n\r\n{field.value}\r\n".encode()
        for field in fields
    ]
    head = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{_quoted(name)}"'
        "\r\ncontent-type: text/jsonl\r\n\r\n"
    )
    body = b"".join((*parts, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()))
    if len(content) > UPLOAD_MAX_BYTES:
        raise RejectedError(f"a file of {len(content)} bytes is too large", code="too_large")
    return body, f"multipart/form-data; boundary={boundary}"


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


RESULT_MAX_BYTES = ANSWER_MAX_BYTES
