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
    """Knows services by the names of their folders, and opens none but that of the one asked for.

    botocore looks into all of them, some four hundred, before it reads one, and twice a client.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        """Those there may be, whatever is described of them; what is not there is not found."""
        del type_name
        places = [place for path in self.search_paths if (place := Path(path)).is_dir()]
        return [folder.name for place in places for folder in place.iterdir()]


@cache
def session() -> botocore.session.Session:
    made = botocore.session.get_session()
    made.register_component("data_loader", PlainLookup(file_loader=PlainLoader()))
    return made
