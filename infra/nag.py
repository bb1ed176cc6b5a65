"""Why a rule of AWS Solutions does not apply, said at the resource it is about."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """`reasons` by the short name of the rule, with its finding in brackets if it has one."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions-{rule}", reason=why) for rule, why in reasons.items())
    )
