"""A vendor's own account puts something into a queue of ours, if the queue's policy lets it."""

import json
from typing import Any

import boto3
import pytest

from sandbox.deployed import REGION
from sandbox.queue_post import QueuePost, lets_in
from sandbox.simulator import Delivery

ACCOUNT, OTHER = "437568002678", "111122223333"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:told"
TLS = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "sqs:*",
    "Resource": QUEUE,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
LET = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": ["sqs:SendMessage", "sqs:GetQueueAttributes"],
    "Resource": QUEUE,
}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_who_is_let_in_by_name_may_send_over_tls() -> None:
    assert lets_in(policy(TLS, LET), ACCOUNT, QUEUE)


@pytest.mark.parametrize(
    "said",
    [
        "",
        policy(TLS),
        policy(LET | {"Principal": {"AWS": OTHER}}),
        policy(LET | {"Principal": {"Service": "sns.amazonaws.com"}}),
        policy(LET | {"Action": "sqs:GetQueueAttributes"}),
        policy(LET | {"Resource": f"{QUEUE}-dead"}),
        policy(LET | {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::files"}}}),
        policy(LET, LET | {"Effect": "Deny"}),
    ],
)
def test_nobody_else_may(said: str) -> None:
    assert not lets_in(said, ACCOUNT, QUEUE)


@pytest.mark.usefixtures("aws")
def test_what_is_sent_lies_in_the_queue_and_what_is_not_let_in_does_not() -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    url = sqs.create_queue(QueueName="told", Attributes={"Policy": policy(TLS, LET)})["QueueUrl"]
    post = QueuePost("https://sqs.us-east-1.amazonaws.com")
    assert post.put(Delivery("1", {}, b"{}", QUEUE, ACCOUNT)) == 200
    assert post.put(Delivery("2", {}, b"{}", QUEUE, OTHER)) == 403
    assert post.put(Delivery("3", {}, b"{}", f"{QUEUE}-gone", ACCOUNT)) == 404
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in received] == ["{}"]
