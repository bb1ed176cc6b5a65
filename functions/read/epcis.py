"""GET /v1/epcis/events: what sources moved and counted, as a query of EPCIS 2.0 answers it."""

from typing import Any, Final
from urllib.parse import quote

from functions import bootstrap
from functions.http import Answer, answer, instant, refusal, whole
from shared.errors import RejectedError
from shared.flows.epcis_events import PER_PAGE, EpcisEvents

LD_JSON: Final = "application/ld+json"


def events(event: dict[str, Any]) -> Answer:
    """`source`, and of EPCIS' own parameters `GE_recordTime`, `perPage` and `nextPageToken`."""
    query = event.get("queryStringParameters") or {}
    source = query.get("source", "")
    sources = bootstrap.retailer().stock_sources
    if source not in sources:
        return refusal(400, "source", source, f"ask for one of {', '.join(sources)}")
    wanted = query.get("perPage", str(PER_PAGE))
    try:
        per_page = whole(wanted, least=1, most=PER_PAGE)
    except ValueError:
        return refusal(400, "perPage", wanted[:50], f"ask for 1 to {PER_PAGE}")
    said = query.get("GE_recordTime")
    try:
        since = instant(said) if said else None
    except ValueError:
        return refusal(400, "GE_recordTime", said, "write an instant with its offset")
    reader = EpcisEvents(
        bootstrap.store(), bootstrap.journal(), bootstrap.clock, bootstrap.retailer()
    )
    token = query.get("nextPageToken")
    try:
        found, following = reader.page(source, since=since, token=token, per_page=per_page)
    except RejectedError as error:
        return refusal(400, error.field or "", error.value, error.remedy or "")
    made = answer(200, found)
    made["headers"] = {"content-type": LD_JSON, "gs1-epcis-version": "2.0.0"}
    if following:
        link = f"?source={source}&perPage={per_page}&nextPageToken={quote(following, safe='')}"
        made["headers"]["link"] = f'<{link}>; rel="next"'
    return made
