"""The embedded AWS on loopback, for the suites that moto alone does not prove."""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.processes import LOOPBACK, Tracked, claim, end, start

MINISTACK = Path(__file__).resolve().parents[2] / ".tools" / "cloud" / "bin" / "ministack"
START_MAX_S = 60.0


@contextmanager
def embedded_aws(directory: Path) -> Iterator[str]:
    """Start it, give its endpoint, end it; skips where it is not installed."""
    if not MINISTACK.exists():
        pytest.skip("the embedded AWS is not installed: run `make setup`")
    port = claim(None, "the embedded AWS")
    environment = {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": LOOPBACK,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "HOME": str(directory),
        "STATE_DIR": str(directory),
        "TMPDIR": str(directory),
    }
    log = directory / "cloud.log"
    process = start([MINISTACK], log=log, cwd=directory, env=environment)
    tracked = Tracked.of("cloud", process.pid)
    try:
        until = time.monotonic() + START_MAX_S
        while not _healthy(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, "the embedded AWS did not start"
            time.sleep(0.05)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        end([tracked])
        process.wait()


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
