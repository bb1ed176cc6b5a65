"""The HTTP API: webhooks by signature, every other route by token and scope, nothing else."""

import json
from collections.abc import Mapping

import jsii
from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as gateway
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.data_stack import DataStack
from infra.nag import acknowledge
from infra.stage import Stage

READ_ROUTES = {
    "GET /v1/openapi.json": "lookup.read",
    "GET /v1/trace/sku/{sku}": "ops.read",
    "GET /v1/trace/orders/{order_id}": "ops.read",
    "GET /v1/exceptions": "ops.read",
    "GET /v1/connections": "ops.read",
    "GET /v1/parity": "ops.read",
    "GET /v1/parity/{channel}/pending": "ops.read",
    "GET /v1/epcis/events": "ops.read",
    "GET /v1/approvals": "ops.read",
    "GET /v1/reconciliation/finance": "ops.read",
}
OPS_ROUTES = {
    "POST /v1/exceptions/{issue_id}/replay": "ops.replay",
    "POST /v1/exceptions/{issue_id}/close": "ops.approve",
    "POST /v1/inbox/{connection}/{delivery}/replay": "ops.replay",
    "PUT /v1/links/{connection}/{code}": "ops.approve",
}
LOOKUP_ROUTES = {
    "GET /v1/prices/{channel}/{sku}": "lookup.read",
    "POST /v1/prices/{channel}/lookup": "lookup.read",
    "GET /v1/availability/{channel}/{sku}": "lookup.read",
    "POST /v1/availability/{channel}/lookup": "lookup.read",
}
APPROVAL_ROUTES = {"POST /v1/approvals": "ops.approve"}
PRICE_ROUTES = {"POST /v1/prices": "prices.write"}
MOVEMENT_ROUTES = {"POST /v1/movements": "stock.write"}
RESERVATION_ROUTES = {
    "POST /v1/reservations": "orders.write",
    "GET /v1/reservations/{reservation}": "orders.write",
    "DELETE /v1/reservations/{reservation}": "orders.write",
    "PUT /v1/reservations/{reservation}/order/{order}": "orders.write",
}
ORDER_ROUTES = {
    "POST /v1/orders": "orders.write",
    "GET /v1/orders/{order_id}": "orders.read",
}
RETURN_ROUTES = {
    "POST /v1/returns": "returns.write",
    "POST /v1/returns/{return_id}/receipts": "returns.receive",
    "GET /v1/returns/{return_id}": "orders.read",
    "POST /v1/refunds": "refunds.write",
}
SHIPMENT_ROUTES = {"POST /v1/shipments": "shipments.write"}
SCOPED = {
    "Shipments": SHIPMENT_ROUTES,
    "Returns": RETURN_ROUTES,
    "Orders": ORDER_ROUTES,
    "Read": READ_ROUTES,
    "Ops": OPS_ROUTES,
    "Lookup": LOOKUP_ROUTES,
    "Prices": PRICE_ROUTES,
    "Approvals": APPROVAL_ROUTES,
    "Movements": MOVEMENT_ROUTES,
    "Reservations": RESERVATION_ROUTES,
}
"""Routes by the function that answers them, each with the scope it asks for."""

EVERY_ROUTE = {route: scope for routes in SCOPED.values() for route, scope in routes.items()}

LOGGED = {
    "at": "$context.requestTime",
    "request": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "authorizer": "$context.authorizer.error",
    "integration": "$context.integrationErrorMessage",
}
"""What is logged of a request: no address, no path with an order's number in it, no header."""


@jsii.implements(api.IAccessLogSettings)
class _AccessLogs:
    def __init__(self, group: logs.LogGroup) -> None:
        self._destination = api.LogGroupLogDestination(group)

    @property
    def destination(self) -> api.LogGroupLogDestination:
        return self._destination

    @property
    def format(self) -> gateway.AccessLogFormat:
        return gateway.AccessLogFormat.custom(json.dumps(LOGGED, separators=(",", ":")))


class Doors(Construct):
    """`answering` are the functions behind the routes of `SCOPED`, by the same names."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        data: DataStack,
        *,
        webhook: lambda_.Function,
        answering: Mapping[str, lambda_.Function],
    ) -> None:
        super().__init__(scope, name)
        region = Stack.of(self).region
        authorizer = authorizers.HttpJwtAuthorizer(
            "Tokens",
            f"https://cognito-idp.{region}.amazonaws.com/{data.pool.user_pool_id}",
            jwt_audience=[client.user_pool_client_id for client in data.clients.values()],
        )
        self.api = api.HttpApi(
            self,
            "Api",
            api_name=stage.name("api"),
            default_authorizer=authorizer,
            create_default_stage=False,
        )
        self.stage = self._stage(stage)
        hooks = self.api.add_routes(
            path="/hooks/{connection}",
            methods=[api.HttpMethod.POST, api.HttpMethod.OPTIONS],
            integration=integrations.HttpLambdaIntegration("Webhook", webhook),
            authorizer=api.HttpNoneAuthorizer(),
        )
        for hook in hooks:
            acknowledge(hook, {"APIG4": "vendors sign what they send; the function checks it"})
        for label, routes in SCOPED.items():
            # One permission for all routes of a function: each resource counts against 500.
            integration = integrations.HttpLambdaIntegration(
                label, answering[label], scope_permission_to_route=False
            )
            for route, needed in routes.items():
                method, path = route.split(" ")
                self.api.add_routes(
                    path=path,
                    methods=[api.HttpMethod(method)],
                    integration=integration,
                    authorization_scopes=[f"shelfwire/{needed}"],
                )
        CfnOutput(Stack.of(self), "ApiId", value=self.api.api_id)
        CfnOutput(Stack.of(self), "ApiUrl", value=self.stage.url)
        CfnOutput(Stack.of(self), "ApiStage", value=self.stage.stage_name)

    def _stage(self, stage: Stage) -> api.HttpStage:
        group = logs.LogGroup(
            self,
            "Access",
            log_group_name=f"/aws/vendedlogs/{stage.name('api')}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        return api.HttpStage(
            self,
            "Live",
            http_api=self.api,
            stage_name="live",
            auto_deploy=True,
            throttle=api.ThrottleSettings(rate_limit=1000, burst_limit=2000),
            access_log_settings=_AccessLogs(group),
            description=f"{stage.prefix}, live",
        )
