"""Starting and deploying, with programs that stand in for the embedded AWS and the CDK."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud import Cloud
from sandbox.failures import CannotRunError
from sandbox.home import Home, Steps
from shared.model.retailer import Retailer
from shared.settings import retailer_from

EXAMPLE = Path(__file__).resolve().parents[2] / "retailers" / "example.toml"

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

AWS = f"""#!{sys.executable}
import http.server, json, os
open("cloud-environment.json", "w").write(json.dumps(dict(os.environ)))
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
address = (os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"]))
http.server.HTTPServer(address, Health).serve_forever()
"""
BROKEN_AWS = f"#!{sys.executable}\nraise SystemExit('Error: no room left on device')\n"
CDK = """
const fs = require("fs"), [command, ...rest] = process.argv.slice(2);
fs.appendFileSync(process.env.CDK_HOME + ".calls", command + "\\n");
fs.writeFileSync(process.env.CDK_HOME + ".environment", JSON.stringify(process.env));
if (command === "synth") {
  const out = rest[rest.indexOf("--output") + 1];
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(out + "/manifest.json", "{}");
}
if (command === "deploy") { console.error("Error: stack failed"); process.exit(1); }
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(root=tmp_path, directory=tmp_path / ".sandbox")
    put(home, "node_modules/aws-cdk/bin/cdk", CDK)
    put(home, ".tools/cloud/bin/python", AWS)
    put(home, "retailer.toml", EXAMPLE.read_text(encoding="utf-8"))
    yield home
    home.end_all()


@pytest.fixture
def retailer() -> Retailer:
    return retailer_from(EXAMPLE)


def put(home: Home, name: str, text: str) -> None:
    path = home.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def failed(home: Home, retailer: Retailer, steps: Steps | None = None) -> CannotRunError:
    """Deploy and return the failure; the stand-in for the CDK never deploys."""
    with pytest.raises(CannotRunError) as failure:
        Cloud(home, steps=steps).up(retailer, home.root / "retailer.toml")
    return failure.value


def calls(home: Home) -> list[str]:
    return sorted(home.path("cdk-home.calls").read_text().split())


def test_an_embedded_aws_that_does_not_start_is_quoted(home: Home, retailer: Retailer) -> None:
    put(home, ".tools/cloud/bin/python", BROKEN_AWS)
    failure = failed(home, retailer)
    assert failure.problem == "the embedded AWS did not start: Error: no room left on device"
    assert failure.remedy == "see .sandbox/cloud.log"


def test_a_deployment_that_fails_is_quoted_with_its_log(home: Home, retailer: Retailer) -> None:
    failure = failed(home, retailer)
    assert failure.problem == "cdk deploy failed: Error: stack failed"
    assert failure.remedy == "see .sandbox/deploy.log"


def test_each_step_is_named_when_it_begins_and_timed_when_it_ends(
    home: Home, retailer: Retailer
) -> None:
    said: list[str] = []
    steps = Steps(said.append)
    failed(home, retailer, steps)
    assert list(steps.seconds) == ["embedded AWS", "cdk bootstrap", "cdk synth"]
    for step in steps.seconds:
        began, ended = (line for line in said if line.startswith(step))
        assert began == f"{step} ..."
        assert ended.startswith(f"{step} (")
    assert said[-1] == "cdk deploy ..."


def test_what_did_not_change_is_not_synthesized_again(home: Home, retailer: Retailer) -> None:
    failed(home, retailer)
    home.end_all()
    failed(home, retailer)
    assert calls(home) == ["bootstrap", "bootstrap", "deploy", "deploy", "synth"]


@pytest.mark.parametrize("changed", ["retailer.toml", "shared/model/x.py", "cdk.json"])
def test_what_changed_is_synthesized_again(home: Home, retailer: Retailer, changed: str) -> None:
    failed(home, retailer)
    home.end_all()
    put(home, changed, "# changed")
    failed(home, retailer)
    assert calls(home).count("synth") == 2


def test_the_cdk_cannot_reach_the_callers_account(
    home: Home, retailer: Retailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.com")
    monkeypatch.setenv("NO_PROXY", "intranet")
    failed(home, retailer)
    seen = json.loads(home.path("cdk-home.environment").read_text())
    aws = {name: value for name, value in seen.items() if name.startswith("AWS_")}
    assert aws.pop("AWS_ENDPOINT_URL").startswith("http://127.0.0.1:")
    assert aws == {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert seen["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_functions_inherit_nothing_of_the_callers_environment(
    home: Home, retailer: Retailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "real")
    monkeypatch.setenv("AWS_PROFILE", "production")
    failed(home, retailer)
    seen = json.loads((home.directory / "cloud-environment.json").read_text())
    assert not {"GITHUB_TOKEN", "AWS_PROFILE"} & seen.keys()
    assert seen["BIND_HOST"] == "127.0.0.1"
    assert Path(seen["TMPDIR"]).is_relative_to(home.directory)


def test_the_embedded_aws_is_on_record_before_anything_can_fail(
    home: Home, retailer: Retailer
) -> None:
    failed(home, retailer)
    (cloud,) = home.running()
    assert cloud.name == "cloud"
    assert home.end_all() == ["cloud"]
    assert not cloud.alive
