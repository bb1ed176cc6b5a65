"""What is answered to who asks for the description of the API."""

from typing import Literal, TypedDict

from pydantic import JsonValue


class Info(TypedDict):
    title: str
    version: str
    description: str


class Components(TypedDict):
    schemas: dict[str, dict[str, JsonValue]]
    securitySchemes: dict[str, dict[str, JsonValue]]


class Description(TypedDict):
    """An OpenAPI 3.1 document: operations by path and method, as its specification has them."""

    openapi: Literal["3.1.0"]
    info: Info
    paths: dict[str, dict[str, dict[str, JsonValue]]]
    components: Components
