"""What vendors allow and AWS bills, each with the page that says so. Bounds follow from these.

A vendor that changes its mind is a change of one line here.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """What one app may ask of one shop: points a second, and what a full bucket holds."""

    points_per_second: int
    bucket: int


# Shopify, "Shopify API limits": 100, 200, 1,000 and 2,000 points a second for Standard, Advanced,
# Plus and Enterprise. The size of the bucket is not on that page; answers of Standard shops state
# 2,000, twenty seconds of the rate, and the others are taken to be in proportion.
STANDARD: Final = Plan(100, 2_000)
PLUS: Final = Plan(1_000, 20_000)

# Shopify, changelog "Dynamic complexity for productVariantsBulkCreate and
# productVariantsBulkUpdate": ten points, and a fifth of a point for each variant.
MUTATION_POINTS: Final = Decimal(10)
VARIANT_POINTS: Final = Decimal("0.2")
# Shopify, "Shopify API limits": input arrays take 250 entries at most.
ARRAY_MAX: Final = 250

# DynamoDB, "Read/write capacity mode": a write unit is 1 KB, a read unit 4 KB; a transaction
# takes two of each.
WRITE_UNIT: Final = 1024
READ_UNIT: Final = 4096
TRANSACTION_UNITS: Final = 2

# AWS list prices of us-east-1 in US dollars a million, on demand: "Amazon DynamoDB pricing" (since
# November 2024), "Amazon SQS pricing" (standard queues, beyond the free ones), "Amazon S3 pricing"
# (PUT), "AWS Lambda pricing" (requests). Time in Lambda is left out: it is below a cent a million.
WRITE_UNITS_USD: Final = Decimal("0.625")
READ_UNITS_USD: Final = Decimal("0.125")
MESSAGES_USD: Final = Decimal("0.40")
OBJECTS_USD: Final = Decimal("5.00")
INVOCATIONS_USD: Final = Decimal("0.20")


def grouped_points(sizes: list[int]) -> Decimal:
    """The least points that change the prices of products with so many changed variants each."""
    calls = sum(-(-size // ARRAY_MAX) for size in sizes)
    return calls * MUTATION_POINTS + sum(sizes) * VARIANT_POINTS


def paced_s(points: Decimal, plan: Plan) -> Decimal:
    """The soonest that so many points can be spent by who begins with a full bucket."""
    return max(points - plan.bucket, Decimal(0)) / plan.points_per_second
