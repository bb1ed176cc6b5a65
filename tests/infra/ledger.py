"""The ledger: what each function may do to what, so that a reviewer sees a change in the diff.

The template is held against it, and in the simulation a function that does more fails.
"""

type Actions = frozenset[str]

PUT = frozenset({"dynamodb:PutItem"})
LOOK = frozenset({"dynamodb:Query"})
READ = LOOK | {"dynamodb:BatchGetItem"}
WRITE = READ | PUT | {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"}
DRAW = WRITE | {"dynamodb:UpdateItem"}
DELETE = WRITE | {"dynamodb:DeleteItem"}
FOLLOW = frozenset(
    {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    }
)
CONSUME = frozenset(
    {
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    }
)
SEND = frozenset({"sqs:SendMessage"})
FAIL = SEND | {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"}  # failure destination of a stream
NEWS = frozenset({"events:PutEvents"})
UNLOCK = frozenset({"secretsmanager:GetSecretValue"})
KEEP = frozenset({"s3:PutObject"})
FETCH = frozenset({"s3:GetObject"})

LOGS = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})
TRACES = frozenset({"xray:PutTelemetryRecords", "xray:PutTraceSegments"})

LEDGER: dict[str, dict[str, Actions]] = {
    "webhook": {
        "inbox": PUT,
        "raw": KEEP,
        "secret of erp": UNLOCK,
        "secret of shop": UNLOCK,
    },
    "normalize": {
        "inbox": WRITE,
        "inbox stream": FOLLOW,
        "issues": WRITE,
        "raw": KEEP | FETCH,
        "erp-read": SEND,
        "shop-read": SEND,
        "stream-failures": FAIL,
        "bus": NEWS,
    },
    "derive": {
        "facts": WRITE,
        "facts stream": FOLLOW,
        "targets": WRITE,
        "orders": READ,
        "issues": WRITE,
        "control": DELETE,
        "shop-read": SEND,
        "shop-write": SEND,
        "wake": SEND,
        "stream-failures": FAIL,
        "bus": NEWS,
    },
    "derive-levels": {
        "facts": WRITE,
        "facts stream": FOLLOW,
        "targets": WRITE,
        "issues": WRITE,
        "control": DELETE,
        "shop-write": SEND,
        "wake": SEND,
        "stream-failures": FAIL,
        "bus": NEWS,
    },
    "clock": {
        "facts": WRITE,
        "facts lanes": LOOK,
        "shop-write": SEND,
        "wake": CONSUME | SEND,
        "stream-failures": FAIL,
    },
    "sweep": {
        "archive": frozenset({"s3:ListBucket"}),
        "control": DRAW,
        "links": READ,
        "facts": WRITE,
        "facts lanes": LOOK,
        "issues": WRITE,
        "bus": NEWS,
        "stream-failures": FAIL,
        "orders": WRITE,
        "targets lanes": LOOK,
        "orders lanes": LOOK,
        "erp-write": SEND,
        "shop-read": SEND,
        "shop-write": SEND,
    },
    "books": {
        "orders": READ,
        "orders stream": FOLLOW,
        "control": WRITE,
        "control lanes": LOOK,
        "issues": WRITE,
        "stream-failures": FAIL,
        "bus": NEWS,
    },
    "listen": {
        "orders": READ,
        "orders stream": FOLLOW,
        "control": WRITE,
        "issues": WRITE,
        "stream-failures": FAIL,
        "bus": NEWS,
    },
    "dead-letters": {
        "issues": WRITE,
        "erp-read-dead": CONSUME,
        "erp-write-dead": CONSUME,
        "shop-read-dead": CONSUME,
        "shop-write-dead": CONSUME,
        "wake-dead": CONSUME,
        "import-dead": CONSUME,
        "stream-failures": CONSUME,
        "stream-failures-dead": CONSUME,
        "bus": NEWS,
    },
    "api-read": {
        "facts": READ,
        "targets": READ,
        "orders": READ,
        "links": READ,
        "control": READ,
        "issues lanes": LOOK,
        "targets lanes": LOOK,
        "archive": frozenset({"s3:ListBucket"}),
        "ledger": FETCH,
    },
    "api-ops": {
        "issues": WRITE,
        "inbox": WRITE,
        "links": WRITE,
        "orders": READ,
        "facts": READ,
        "erp-read": SEND,
        "erp-write": SEND,
        "shop-read": SEND,
        "shop-write": SEND,
        "import": SEND,
        "bus": NEWS,
    },
    "import-file": {
        "facts": WRITE,
        "links": READ,
        "orders": DELETE,
        "issues": WRITE,
        "control": DELETE,
        "files": frozenset({"s3:ListBucket"}),
        "drop": FETCH,
        "ledger": KEEP,
        "report": FETCH | KEEP,
        "import": CONSUME | SEND,
        "erp-write": SEND,
        "shop-write": SEND,
        "bus": NEWS,
    },
    "api-approvals": {
        "facts": WRITE,
        "targets": WRITE,
        "issues": WRITE,
        "control": DELETE,
        "import": SEND,
        "bus": NEWS,
    },
    "api-prices": {"facts": WRITE, "control": WRITE, "drop": KEEP},
    "api-movements": {
        "facts": WRITE,
        "orders": WRITE,
        "links": READ,
        "issues": WRITE,
        "control": WRITE,
        "ledger": KEEP,
        "erp-read": SEND,
        "bus": NEWS,
    },
    "api-lookup": {"targets": READ},
    "api-orders": {
        "facts": WRITE,
        "orders": DELETE,
        "links": READ,
        "issues": WRITE,
        "control": WRITE,
        "erp-write": SEND,
        "shop-write": SEND,
        "bus": NEWS,
    },
    "api-returns": {
        "facts": WRITE,
        "orders": WRITE,
        "issues": WRITE,
        "control": WRITE,
        "erp-write": SEND,
        "shop-write": SEND,
        "bus": NEWS,
        "ledger": KEEP,
    },
    "api-shipments": {
        "facts": WRITE,
        "orders": WRITE,
        "links": READ,
        "issues": WRITE,
        "control": WRITE,
        "shop-write": SEND,
        "bus": NEWS,
    },
    "api-reservations": {"facts": WRITE, "orders": WRITE, "control": DRAW},
    "erp-read": {
        "facts": WRITE,
        "orders": WRITE,
        "links": WRITE,
        "issues": WRITE,
        "control": WRITE,
        "erp-read": CONSUME | SEND,
        "erp-write": SEND,
        "shop-write": SEND,
        "secret of erp": UNLOCK,
        "bus": NEWS,
    },
    "erp-send": {
        "facts": WRITE,
        "orders": WRITE,
        "orders lanes": LOOK,
        "links": WRITE,
        "issues": WRITE,
        "control": WRITE,
        "erp-read": SEND,
        "erp-write": CONSUME | SEND,
        "secret of erp": UNLOCK,
        "bus": NEWS,
    },
    "shop-read": {
        "facts": WRITE,
        "targets": WRITE,
        "orders": DELETE,
        "links": READ,
        "issues": WRITE,
        "control": WRITE,
        "shop-read": CONSUME | SEND,
        "erp-write": SEND,
        "shop-write": SEND,
        "secret of shop": UNLOCK,
        "bus": NEWS,
    },
    "shop-publish": {
        "targets": WRITE,
        "targets lanes": LOOK,
        "links": WRITE,
        "orders": WRITE,
        "issues": WRITE,
        "control": WRITE,
        "shop-write": CONSUME | SEND,
        "shop-read": SEND,
        "secret of shop": UNLOCK,
        "bus": NEWS,
    },
}

NOTICES: dict[str, dict[str, Actions]] = {
    "notices": {
        "orders": READ,
        "orders stream": FOLLOW,
        "control": WRITE,
        "control lanes": LOOK,
        "issues": WRITE,
        "identity": frozenset({"ses:SendEmail"}),
        "mail": CONSUME | SEND,
        "stream-failures": FAIL,
        "bus": NEWS,
    },
    "dead-letters": LEDGER["dead-letters"] | {"mail-dead": CONSUME},
    "api-ops": LEDGER["api-ops"] | {"mail": SEND},
}
"""Instead of the above where the retailer's file asks for notices."""

NOTIFIED: dict[str, dict[str, Actions]] = {
    "notified": {"inbox": PUT, "raw": KEEP, "market-notifications": CONSUME},
}
"""Beside the above where a vendor delivers notifications to a queue."""
