"""The session that every AWS client is made of, once per container; botocore's, without boto3.

Of boto3 nothing but its `client` would be used, which hands everything to botocore; its resources
and its transfers of files in parts, with the process pools behind them, would be imported too.
"""

import gzip
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore.session
from botocore.loaders import JSONFileLoader, Loader

_FORMS: Final[tuple[tuple[str, Callable[..., Any]], ...]] = (
    (".json", open),
    (".json.gz", gzip.open),
)


class PlainLoader(JSONFileLoader):
    """Reads botocore's descriptions of services as plain dicts, which keep the order as well.

    botocore asks for an OrderedDict of each object, and so more than doubles what reading takes.
    """

    def load_file(self, file_path: str) -> Any:
        """What the file of this name, less its ending, holds; None if there is no such file."""
        for ending, opened in _FORMS:
            try:
                with opened(file_path + ending, "rb") as file:
                    return json.loads(file.read())
            except FileNotFoundError:
                continue
        return None


class PlainLookup(Loader):
    """Reads of all that botocore describes what is asked for.

    botocore looks into the folders of all services, some four hundred, before it reads one, and
    reads where each of them answers in each region, over a megabyte. Where a service answers
    follows from its rules since there are such; what is left of that file are signatures, and they
    follow from the partitions, but for S3.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        """Those there may be, whatever is described of them; what is not there is not found."""
        del type_name
        places = [place for path in self.search_paths if (place := Path(path)).is_dir()]
        return [folder.name for place in places for folder in place.iterdir()]

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        if name != "endpoints":
            found: tuple[Any, str] = super().load_data_with_path(name)
            return found
        known, path = super().load_data_with_path("partitions")
        return {"partitions": [_endpoints(each) for each in known["partitions"]]}, path


_GLOBAL: Final = {
    "aws-global": {"credentialScope": {"region": "us-east-1"}, "hostname": "s3.amazonaws.com"}
}


def _endpoints(partition: Any) -> Any:
    """A partition as `endpoints.json` has it, with no service but the one that differs."""
    outputs = partition["outputs"]
    plain, dual = outputs["dnsSuffix"], outputs["dualStackDnsSuffix"]
    s3: dict[str, Any] = {
        "defaults": {
            "signatureVersions": ["s3v4"],
            "protocols": ["http", "https"],
            "variants": _variants(".dualstack", plain, plain),
        },
        "endpoints": {},
    }
    if partition["id"] == "aws":
        s3 |= {"partitionEndpoint": "aws-global", "isRegionalized": True, "endpoints": _GLOBAL}
    return {
        "partition": partition["id"],
        "dnsSuffix": plain,
        "regionRegex": partition["regionRegex"],
        "regions": partition["regions"],
        "defaults": {
            "hostname": "{service}.{region}.{dnsSuffix}",
            "protocols": ["https"],
            "signatureVersions": ["v4"],
            "variants": _variants("", plain, dual),
        },
        "services": {"s3": s3},
    }


def _variants(word: str, plain: str, dual: str) -> list[dict[str, Any]]:
    both = f"{word}.{{region}}.{{dnsSuffix}}"
    return [
        {"tags": ["fips"], "hostname": "{service}-fips.{region}.{dnsSuffix}", "dnsSuffix": plain},
        {"tags": ["dualstack"], "hostname": f"{{service}}{both}", "dnsSuffix": dual},
        {"tags": ["dualstack", "fips"], "hostname": f"{{service}}-fips{both}", "dnsSuffix": dual},
    ]


@cache
def session() -> botocore.session.Session:
    made = botocore.session.get_session()
    made.register_component("data_loader", PlainLookup(file_loader=PlainLoader()))
    return made
