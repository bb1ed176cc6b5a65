"""Bulk operations: files staged by form, lines run in the shop's own time and order, results kept.

How long an operation takes is not documented; `Pace` says it here.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from random import Random
from typing import Any

import httpx
from graphql import FieldNode, GraphQLError, execute_sync

from sandbox.vendors.shopify import language, quick
from sandbox.vendors.shopify.language import Document
from sandbox.vendors.shopify.state import Job, Shop, Upload, gid, instant, number
from sandbox.vendors.shopify.views import View

UPLOADS, RESULTS = "/_files/uploads", "/_files/results/"
UPLOAD_MAX_BYTES = 20_971_520  # content-length-range of a place's policy
PLACE_LIFE = timedelta(hours=24)
RESULT_LIFE = timedelta(days=7)
RUN_MOST = timedelta(hours=24)
AT_ONCE = 5  # from API version 2026-01 on
RESOURCE, MIME = "BULK_MUTATION_VARIABLES", "text/jsonl"
OVER = frozenset({"COMPLETED", "FAILED", "CANCELED", "EXPIRED"})
_NO_BULK = frozenset({"bulkOperationRunMutation", "bulkOperationRunQuery"})


@dataclass(frozen=True, slots=True)
class Pace:
    """`begins` passes before the first line is run."""

    begins: timedelta = timedelta(seconds=20)
    lines_per_second: int = 10


@dataclass(slots=True)
class Bulks:
    """`root` resolves what a line asks; `base_url` is where the shop was last called."""

    shop: Shop
    now: Callable[[], datetime]
    pace: Pace
    fast: bool
    root: Mapping[str, object] = field(default_factory=dict)
    base_url: str = "https://sandbox.myshopify.com"
    refuses_uploads: int = 0
    elsewhere: str = ""

    def resolvers(self) -> dict[str, object]:
        return {
            "stagedUploadsCreate": self.stage,
            "bulkOperationRunMutation": self.run,
            "bulkOperation": self.operation,
            "bulkOperations": self.operations,
        }

    # files

    def stage(self, _info: object, **given: Any) -> View:
        """A place for each file; the fields it gives have to come with the upload."""
        targets = []
        for wish in given["input"]:
            if wish["resource"] != RESOURCE or wish["httpMethod"] != "POST":
                raise GraphQLError("the simulator stages variables of bulk mutations by POST only")
            if wish["mimeType"] != MIME:
                message = "mimeType is not a valid type for this resource"
                error: View = {"field": ["input", "0", "mimeType"], "message": message}
                return {"stagedTargets": None, "userErrors": [error]}
            key = f"tmp/1/bulk/{self.shop.next()}/{wish['filename']}"
            self.shop.uploads[key] = Upload(self.now())
            fields = {"Content-Type": MIME, "success_action_status": "201", "key": key}
            fields["policy"] = f"policy-{key}"
            targets.append(
                {
                    "url": f"{self.elsewhere or self.base_url}{UPLOADS}",
                    "resourceUrl": None,
                    "parameters": [{"name": n, "value": v} for n, v in fields.items()],
                }
            )
        return {"stagedTargets": targets, "userErrors": []}

    def file(self, request: httpx.Request) -> httpx.Response | None:
        """Take an upload or give a result; None is a call of something else."""
        path = request.url.path
        if request.method == "POST" and path == UPLOADS:
            return self._taken(request)
        if request.method == "GET" and path.startswith(RESULTS):
            job = self.shop.jobs.get(int(path.removeprefix(RESULTS)))
            if job is None or job.result is None or self.now() > job.ends_at + RESULT_LIFE:
                return httpx.Response(HTTPStatus.FORBIDDEN, text="<Error>AccessDenied</Error>")
            return httpx.Response(HTTPStatus.OK, content=job.result)
        return None

    def _taken(self, request: httpx.Request) -> httpx.Response:
        """The fields must be those of the place, and the file the last of the form."""
        parts = _form(request)
        names = [name for name, _ in parts]
        given = {name: content.decode("utf-8", "replace") for name, content in parts[:-1]}
        upload = self.shop.uploads.get(given.get("key", ""))
        if self.refuses_uploads or upload is None or names[-1:] != ["file"]:
            self.refuses_uploads -= self.refuses_uploads > 0
            return httpx.Response(HTTPStatus.FORBIDDEN, text="<Error>AccessDenied</Error>")
        expired = self.now() > upload.staged_at + PLACE_LIFE
        content = parts[-1][1]
        if expired or given.get("policy") != f"policy-{given['key']}":
            return httpx.Response(HTTPStatus.FORBIDDEN, text="<Error>AccessDenied</Error>")
        if len(content) > UPLOAD_MAX_BYTES:
            return httpx.Response(HTTPStatus.BAD_REQUEST, text="<Error>EntityTooLarge</Error>")
        upload.content = content
        return httpx.Response(HTTPStatus.CREATED, text="<PostResponse/>")

    # operations

    def run(self, _info: object, mutation: str, stagedUploadPath: str, **_: object) -> View:  # noqa: N803
        self.advance()
        document = language.document(mutation)
        lines = self._lines(stagedUploadPath)
        code, message = self._refused(document, stagedUploadPath, lines)
        if code:
            error = {"code": code, "field": None, "message": message}
            return {"bulkOperation": None, "userErrors": [error]}
        job_id = self.shop.next()
        order = list(range(len(lines or ())))
        Random(job_id).shuffle(order)  # noqa: S311 - in no order that could be relied on
        fate, self.shop.bulk_fate = self.shop.bulk_fate, ("COMPLETED", None, False)
        job = Job(job_id, mutation, list(lines or ()), order, self.now(), *fate)
        self.shop.jobs[job_id] = job
        self._schedule(job)
        return {"bulkOperation": self._view(job), "userErrors": []}

    def operation(self, _info: object, **given: object) -> View | None:
        self.advance()
        job = self.shop.jobs.get(number("BulkOperation", given["id"]) or 0)
        return self._view(job) if job else None

    def operations(self, _info: object, first: int, query: str | None = None, **_: object) -> View:
        """The newest first; of the filter only the instant is understood."""
        self.advance()
        since = (query or "").partition("created_at:>='")[2].partition("'")[0]
        begun = datetime.fromisoformat(since) if since else None
        jobs = [j for j in self.shop.jobs.values() if begun is None or j.created_at >= begun]
        jobs.sort(key=lambda job: job.job_id, reverse=True)
        return {"nodes": [self._view(job) for job in jobs[:first]]}

    def advance(self) -> None:
        """Run what should have been run by now: in no order, and each line by itself."""
        for job in self.shop.jobs.values():
            while (
                job.status not in OVER
                and job.done < len(job.due)
                and job.due[job.done] <= self.now()
            ):
                self._line(job, job.order[job.done])
                job.done += 1
            if job.status not in OVER and self.now() >= job.ends_at:
                self._over(job)

    def _schedule(self, job: Job) -> None:
        through = len(job.lines) if job.through is None else min(job.through, len(job.lines))
        starts = job.created_at + self.pace.begins
        each = timedelta(seconds=1) / self.pace.lines_per_second
        job.due = [starts + (i + 1) * each for i in range(through)]
        job.ends_at = min(starts + (len(job.lines) + 1) * each, job.created_at + RUN_MOST)

    def _line(self, job: Job, position: int) -> None:
        document = language.document(job.mutation)
        if not isinstance(document, Document):
            raise TypeError("a job holds a mutation that was checked")
        given = job.lines[position]
        values = language.coerced(document, given)
        if isinstance(values, list):
            said: dict[str, object] = {"errors": [language.refusal(error) for error in values]}
        else:
            run = quick.run(document, self.root, values) if self.fast else None
            found = run or execute_sync(
                language.schema(), document.node, self.root, variable_values=dict(given)
            )
            said = {"data": found.data}
            if found.errors:
                said = {"errors": [language.refusal(error) for error in found.errors]}
        job.results.append(said | {"__lineNumber": position})

    def _over(self, job: Job) -> None:
        job.status = job.fate
        text = "".join(json.dumps(result) + "\n" for result in job.results).encode()
        job.result = text[: len(text) * 2 // 3] if job.truncated else text

    def _lines(self, path: str) -> list[dict[str, Any]] | None:
        upload = self.shop.uploads.get(path)
        if upload is None or upload.content is None:
            return None
        try:
            rows = [json.loads(text) for text in upload.content.splitlines()]
        except ValueError:
            return []
        return rows if all(isinstance(row, dict) for row in rows) else []

    def _refused(
        self, document: object, path: str, lines: list[dict[str, Any]] | None
    ) -> tuple[str, str]:
        """The code of why an operation is not begun; empty if it is."""
        if not isinstance(document, Document) or not document.writes:
            return "INVALID_MUTATION", "the mutation is invalid"
        fields = document.operation.selection_set.selections
        names = [field.name.value for field in fields if isinstance(field, FieldNode)]
        if len(fields) != 1 or len(names) != 1 or names[0] in _NO_BULK:
            return "INVALID_MUTATION", "a bulk mutation has one field, and not a bulk operation"
        if lines is None:
            return "NO_SUCH_FILE", f"no file was uploaded to {path}"
        if not lines:
            return "INVALID_STAGED_UPLOAD_FILE", "the file is not JSON line by line"
        running = sum(job.status not in OVER for job in self.shop.jobs.values())
        return ("LIMIT_REACHED", f"{running} run already") if running >= AT_ONCE else ("", "")

    def _view(self, job: Job) -> View:
        """`url` when it is completed, `partialDataUrl` when it is not and something was run."""
        url = f"{self.elsewhere or self.base_url}{RESULTS}{job.job_id}" if job.result else None
        completed = job.status == "COMPLETED"
        status = "CREATED" if job.status == "RUNNING" and not job.done else job.status
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", job.job_id),
            "status": status,
            "type": "MUTATION",
            "errorCode": "INTERNAL_SERVER_ERROR" if job.status == "FAILED" else None,
            "createdAt": instant(job.created_at),
            "completedAt": instant(job.ends_at) if completed else None,
            "objectCount": str(job.done),
            "fileSize": str(len(job.result)) if job.result else None,
            "url": url if completed else None,
            "partialDataUrl": url if job.status in OVER and not completed else None,
        }


def _form(request: httpx.Request) -> list[tuple[str, bytes]]:
    """Name and content of each part, in order; nothing for what is no form."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return []
    head = f"content-type: {kind}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.content)
    found = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        found.append((str(name), content if isinstance(content, bytes) else b""))
    return found
