"""The sweep has subscriptions looked at, the shop's reader makes those that are missing."""

from pathlib import Path

import pytest

from functions.ingest import read_channel
from functions.ops import sweep
from shared.connectors.catalog import CATALOG
from tests.domain.world import RETAILER_TOML
from tests.functions.world import Deployment, deployment, loaded, sqs_event

__all__ = ["deployment"]
URL = "https://api.example/hooks/shop"


def test_a_minute_after_the_address_is_set_every_topic_is_subscribed_to(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hooked.toml"
    shop = 'system = "shopify"\n'
    said = RETAILER_TOML.replace(shop, f'{shop}settings = {{ hooks_url = "{URL}" }}\n')
    file.write_text(said, encoding="utf-8")
    monkeypatch.setenv("RETAILER_FILE", str(file))
    deployment.act_as("shop")
    deployment.invoke(sweep.handler, loaded("schedule/minute"))
    asked = deployment.messages("shop-read")
    assert asked == [{"hooks": "check"}]
    done = deployment.invoke(read_channel.handler, sqs_event("shop-read", *asked))
    assert done == {"batchItemFailures": []}
    there = deployment.shop.control("subscriptions")
    assert there == dict.fromkeys(CATALOG["shopify"].topics, URL)
