"""Cold start is a feature: what the leanest function must never import."""

import subprocess
import sys


def test_the_door_imports_no_model_no_http_client_and_no_powertools() -> None:
    probe = (
        "import sys, functions.ingest.webhook, shared.connectors.shopify.webhook, "
        "shared.connectors.sap.webhook; "
        "print(sorted({m.split('.')[0] for m in sys.modules} "
        "& {'pydantic', 'httpx', 'aws_lambda_powertools', 'stdnum'}))"
    )
    found = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == "[]"
