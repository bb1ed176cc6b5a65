"""How SAP Gateway says no: its error body, with the details that matter inside."""

from http import HTTPStatus

import httpx


class Refused(Exception):  # noqa: N818 - an answer of the simulated system, not a mistake of ours
    """A 4xx with SAP's error body; `field` is the property the detail points at."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str = "",
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status

    def response(self) -> httpx.Response:
        detail = {
            "code": self.code,
            "message": self.message,
            "longtext_url": "",
            "propertyref": self.field,
            "severity": "error",
            "target": "",
        }
        body = {
            "error": {
                "code": self.code,
                "message": {"lang": "en", "value": self.message},
                "innererror": {
                    "application": {
                        "component_id": "SD-SLS",
                        "service_namespace": "/SAP/",
                        "service_id": "API",
                        "service_version": "0001",
                    },
                    "transactionid": "0" * 32,
                    "timestamp": "20260101000000.0000000",
                    "errordetails": [detail],
                },
            }
        }
        return httpx.Response(self.status, json=body)
