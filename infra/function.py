"""A function, said once: runtime, bundle, own role, own log group, tracing, environment."""

import json
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.asset import architecture, code
from infra.nag import acknowledge
from infra.stage import Stage

_CODE: WeakKeyDictionary[Stack, lambda_.AssetCode] = WeakKeyDictionary()


class Function(lambda_.Function):
    """`environment` values may be mappings; they become JSON, as the function's Settings expect.

    `loops` says that it continues its own work by message, however often.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        *,
        handler: str,
        environment: Mapping[str, str | Mapping[str, str]],
        timeout: Duration | None = None,
        memory_mb: int = 512,
        loops: bool = False,
    ) -> None:
        physical = stage.name(name)
        group = _log(scope, name, physical)
        role = _role(scope, name, group)
        super().__init__(
            scope,
            name,
            function_name=physical,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=architecture(stage),
            handler=handler,
            code=_code(Stack.of(scope), stage),
            role=role,
            log_group=group,
            tracing=lambda_.Tracing.ACTIVE,
            timeout=timeout or Duration.seconds(30),
            memory_size=memory_mb,
            environment={
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_METRICS_NAMESPACE": stage.prefix,
                "LOG_LEVEL": "INFO",
                "PYDANTIC_DISABLE_PLUGINS": "1",  # or it reads what every package says of itself
                **{k.upper(): _text(v) for k, v in environment.items()},
            },
            recursive_loop=lambda_.RecursiveLoop.ALLOW if loops else None,
        )
        acknowledge(self, {"L1": "Python 3.13 is what everything here is tested on"})


def _log(scope: Construct, name: str, physical: str) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        f"{name}-logs",
        log_group_name=f"/aws/lambda/{physical}",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )


def _role(scope: Construct, name: str, group: logs.LogGroup) -> iam.Role:
    role = iam.Role(scope, f"{name}-role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[group.log_group_arn],
        )
    )
    acknowledge(role, {"IAM5[Resource::*]": "X-Ray takes traces from any resource only"})
    return role


def _text(value: str | Mapping[str, str]) -> str:
    return value if isinstance(value, str) else json.dumps(dict(value), separators=(",", ":"))


def _code(stack: Stack, stage: Stage) -> lambda_.AssetCode:
    """One bundle for all functions of a stack."""
    if stack not in _CODE:
        _CODE[stack] = code(stage)
    return _CODE[stack]
