"""The embedded AWS on loopback, and the ordinary template deployed to it by the ordinary CDK."""

import hashlib
import http.client
import os
import platform
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sandbox.deployed import KEY_ID, REGION, SECRET_KEY, Deployed
from sandbox.failures import CannotRunError
from sandbox.home import Home, Steps
from sandbox.processes import LOOPBACK, Job, Tracked, claim, start
from sandbox.tools import Tools, cause
from shared.model.retailer import Retailer

START_MAX_S = 60.0
ACCOUNT = "000000000000"
_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_INPUTS = ("infra", "functions", "shared", "requirements/runtime.txt", "cdk.json")
_QUIET = ("--no-notices", "--no-version-reporting", "--ci")


class Cloud:
    """Started, deployed to, and stopped by `home.end_all()`; whatever fails is CannotRunError."""

    def __init__(self, home: Home, *, port: int | None = None, steps: Steps | None = None) -> None:
        self._home = home
        self._steps = steps or Steps()
        self._tools = Tools.found(home.root)
        self._port = claim(port, "the embedded AWS")

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def up(self, retailer: Retailer, file: Path) -> Deployed:
        """Start, synthesize and bootstrap side by side, then deploy."""
        with self._synthesis(file) as synthesis:
            self._start()
            command = self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
            # Where no cdk.json lies, it asks for no assembly.
            with self._job("bootstrap", command, cwd=self._home.directory) as bootstrap:
                self._finish("bootstrap", bootstrap)
            if synthesis is not None:
                self._finish("synth", synthesis)
                self._home.path("synthesized").write_text(self._digest(file), encoding="utf-8")
        outputs = self._home.path("outputs.json")
        command = self._cdk("deploy", "--all", "--method", "direct", "--require-approval", "never")
        command += ["--app", self._assembly, "--outputs-file", outputs]
        command += ["--asset-parallelism", "--concurrency", "2", "--progress", "events"]
        with self._job("deploy", command) as deploy:
            self._finish("deploy", deploy)
        return Deployed.read(self.endpoint, retailer, outputs)

    def _start(self) -> None:
        with self._steps.timed("embedded AWS"):
            log = self._home.path("cloud.log")
            log.write_bytes(b"")
            command = [self._tools.python, self._home.root / "sandbox" / "embedded_aws.py"]
            process = start(command, log=log, cwd=self._home.directory, env=self._inside())
            tracked = Tracked.of("cloud", process.pid)
            self._home.track(tracked)
            until = time.monotonic() + START_MAX_S
            while not _healthy(self._port):
                if process.poll() is not None or time.monotonic() > until:
                    said = cause(log.read_text(encoding="utf-8", errors="replace"))
                    raise CannotRunError(
                        f"the embedded AWS did not start: {said}",
                        f"see {self._home.shown('cloud.log')}",
                    )
                time.sleep(0.05)

    def _synthesis(self, file: Path) -> "Job | _Nothing":
        """A running synthesis, or nothing when the last one was made from the very same files."""
        with suppress(OSError):
            known = self._home.path("synthesized").read_text(encoding="utf-8")
            if known == self._digest(file) and (self._assembly / "manifest.json").exists():
                return _Nothing()
        self._home.path("synthesized").unlink(missing_ok=True)
        shutil.rmtree(self._assembly, ignore_errors=True)
        command = self._cdk("synth", "--quiet", "--output", self._assembly)
        command += ["-c", f"retailer={file}", "-c", "platform=host"]
        return self._job("synth", command)

    @property
    def _assembly(self) -> Path:
        return self._home.path("cdk.out")

    def _digest(self, file: Path) -> str:
        """One number for everything the assembly is made from."""
        root = self._home.root
        digest = hashlib.sha256(f"{platform.platform()} {platform.python_version()}".encode())
        for name in _INPUTS:
            place = root / name
            for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
                digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
        digest.update(file.read_bytes())
        return digest.hexdigest()

    def _cdk(self, *arguments: str | Path) -> list[str | Path]:
        return [self._tools.node, self._tools.cdk, *arguments, *_QUIET]

    def _job(self, name: str, command: list[str | Path], *, cwd: Path | None = None) -> Job:
        self._steps.begins(f"cdk {name}")
        log = self._home.path(f"{name}.log")
        return Job(name, command, log=log, cwd=cwd or self._home.root, env=self._outside())

    def _finish(self, name: str, job: Job) -> None:
        code, seconds = job.wait()
        if code:
            log = self._home.shown(f"{name}.log")
            raise CannotRunError(f"cdk {name} failed: {cause(job.output())}", f"see {log}")
        self._steps.took(f"cdk {name}", seconds)

    def _inside(self) -> dict[str, str]:
        """The environment of the embedded AWS, which its Lambda workers inherit: nothing else."""
        temporary = self._home.path("tmp")
        temporary.mkdir(exist_ok=True)
        return {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_HOST": LOOPBACK,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_WARM_TTL_SECONDS": "120",
            "LOG_LEVEL": "WARNING",
            "STATE_DIR": str(temporary / "state"),
            "TMPDIR": str(temporary),
        }

    def _outside(self) -> dict[str, str]:
        """The environment of the CDK: the caller's, without any way to a real account."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        path = os.pathsep.join([str(self._tools.node.parent), ours.get("PATH", os.defpath)])
        return (
            ours
            | _loopback_direct(ours)
            | {
                "PATH": path,
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_ACCESS_KEY_ID": KEY_ID,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
                "CDK_HOME": str(self._home.path("cdk-home")),
                "CDK_DISABLE_CLI_TELEMETRY": "true",
                "CDK_DISABLE_VERSION_CHECK": "1",
            }
        )


class _Nothing:
    """Stands where a job would, when there is nothing to do."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def _loopback_direct(environment: Mapping[str, str]) -> dict[str, str]:
    """Keep calls to ourselves away from any proxy the caller uses for the outside."""
    known = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    direct = ",".join(part for part in (known, LOOPBACK, "localhost") if part)
    return {"NO_PROXY": direct, "no_proxy": direct}


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
