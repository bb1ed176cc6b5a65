"""`events/schemas` is generated; `python -m tests.model.test_schemas` writes it anew."""

import json
from pathlib import Path

from shared.model.schemas import schemas

FOLDER = Path(__file__).resolve().parents[2] / "events" / "schemas"


def texts() -> dict[str, str]:
    return {
        name: json.dumps(schema, indent=2, sort_keys=True) + "\n"
        for name, schema in schemas().items()
    }


def test_the_published_schemas_are_those_of_the_models() -> None:
    published = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert published == texts()


def test_every_event_names_its_type_and_its_instant() -> None:
    for name, text in texts().items():
        if name.startswith("events.") and name != "events.json":
            schema = json.loads(text)
            assert schema["properties"]["type"]["const"] in name
            assert "at" in schema["required"]


if __name__ == "__main__":
    for file_name, content in texts().items():
        (FOLDER / file_name).write_text(content, encoding="utf-8")
