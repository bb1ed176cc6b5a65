"""What must survive: tables, raw archive, event bus, secrets, the pool of callers."""

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.nag import acknowledge
from infra.queue import WorkQueue
from infra.stage import Stage

TABLES = ("facts", "targets", "orders", "links", "inbox", "issues", "control")
STREAMED = frozenset({"facts", "inbox", "orders"})
INDEXED = frozenset({"facts", "targets", "orders", "issues", "control"})
SCOPES = {
    "orders.write": "place orders",
    "orders.read": "see where orders and returns stand",
    "returns.write": "grant returns",
    "returns.receive": "say what came of a return",
    "shipments.write": "say what has left",
    "refunds.write": "ask for refunds",
    "prices.write": "send prices",
    "stock.write": "send stock movements and counts",
    "lookup.read": "look up prices and availability",
    "ops.read": "see exceptions and traces",
    "ops.replay": "replay what failed",
    "ops.approve": "approve changes and map codes",
}
CLIENTS = {
    "operator": ("lookup.read", "orders.read", "ops.read", "ops.replay", "ops.approve"),
    "pricing": ("lookup.read", "prices.write"),
    "shopfront": (
        "lookup.read",
        "orders.write",
        "orders.read",
        "returns.write",
        "refunds.write",
    ),
    "warehouse": ("stock.write", "returns.receive", "shipments.write"),
}

KEPT = Duration.days(180)
IMPORT_WITHIN = Duration.minutes(5)  # short slices: what dies is taken up again the sooner


def titled(name: str) -> str:
    """A name of ours as part of an output's, which holds letters and digits only."""
    return name.title().replace("-", "")


class DataStack(Stack):
    def __init__(self, scope: Construct, name: str, stage: Stage) -> None:
        super().__init__(
            scope,
            name,
            env=stage.environment,
            stack_name=stage.name("data"),
            termination_protection=not stage.sandbox,
        )
        self.tables = {table: self._table(table, stage) for table in TABLES}
        self.archive = self._archive(stage)
        self.imports = WorkQueue(self, "import", stage, handled_within=IMPORT_WITHIN)
        self.files = self._files(stage)
        self.bus = events.EventBus(self, "Bus", event_bus_name=stage.name("bus"))
        self.secrets = {
            connection.name: secretsmanager.Secret(
                self,
                f"Secret-{connection.name}",
                secret_name=stage.name(connection.secret),
                description=f"credentials of {connection.name} ({connection.system})",
                removal_policy=stage.removal,
            )
            for connection in stage.retailer.connections
        }
        for secret in self.secrets.values():
            acknowledge(
                secret, {"SMG4": "the vendor issues this credential; only it can rotate it"}
            )
        self._callers(stage)
        CfnOutput(self, "ArchiveName", value=self.archive.bucket_name)
        CfnOutput(self, "FilesName", value=self.files.bucket_name)
        CfnOutput(self, "QueueImport", value=self.imports.work.queue_url)
        CfnOutput(self, "BusName", value=self.bus.event_bus_name)
        for table in TABLES:
            CfnOutput(self, f"Table{table.title()}", value=self.tables[table].table_name)
        for connection in stage.retailer.connections:
            secret_name = stage.name(connection.secret)
            CfnOutput(self, f"Secret{titled(connection.name)}", value=secret_name)

    def _table(self, table: str, stage: Stage) -> dynamodb.TableV2:
        made = dynamodb.TableV2(
            self,
            f"Table-{table}",
            table_name=stage.name(table),
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing=dynamodb.Billing.on_demand(),
            encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE if table in STREAMED else None,
            removal_policy=stage.removal,
        )
        if table in INDEXED:
            made.add_global_secondary_index(
                index_name="due",
                partition_key=dynamodb.Attribute(name="lane", type=dynamodb.AttributeType.STRING),
                sort_key=dynamodb.Attribute(name="due", type=dynamodb.AttributeType.STRING),
            )
        return made

    def _archive(self, stage: Stage) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Archive",
            bucket_name=f"{stage.name('archive')}-{Aws.ACCOUNT_ID}",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=False,
            removal_policy=stage.removal,
            lifecycle_rules=[
                s3.LifecycleRule(prefix=prefix, expiration=KEPT)
                for prefix in ("raw/", "access/", "ledger/")
            ],
        )
        acknowledge(
            bucket, {"S1": "every object is written by our functions, whose calls are traced"}
        )
        return bucket

    def _files(self, stage: Stage) -> s3.Bucket:
        """Where others drop files; each is told of in a queue of this stack, which S3 checks."""
        name = f"{stage.name('files')}-{Aws.ACCOUNT_ID}"
        bucket = s3.Bucket(
            self,
            "Files",
            bucket_name=name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=False,
            server_access_logs_bucket=self.archive,
            server_access_logs_prefix="access/files/",
            removal_policy=stage.removal,
            lifecycle_rules=[
                s3.LifecycleRule(prefix=prefix, expiration=KEPT) for prefix in ("drop/", "report/")
            ],
        )
        self.imports.work.grant_send_messages(
            iam.ServicePrincipal(
                "s3.amazonaws.com",
                conditions={
                    "ArnEquals": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::{name}"},
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                },
            )
        )
        made = bucket.node.default_child
        assert isinstance(made, s3.CfnBucket)  # noqa: S101 - so does the construct make it
        made.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=self.imports.work.queue_arn,
                    filter=_under("drop/"),
                )
            ]
        )
        made.node.add_dependency(self.imports)
        return bucket

    def _callers(self, stage: Stage) -> None:
        self.pool = cognito.UserPool(
            self,
            "Callers",
            user_pool_name=stage.name("callers"),
            self_sign_up_enabled=False,
            password_policy=cognito.PasswordPolicy(
                min_length=16,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
            ),
            removal_policy=stage.removal,
        )
        acknowledge(
            self.pool,
            {
                "COG2": "the pool holds machine clients only; nobody signs in with a password",
                "COG8": "the pool holds machine clients only; nobody signs in with a password",
            },
        )
        scopes = {
            name: cognito.ResourceServerScope(scope_name=name, scope_description=text)
            for name, text in SCOPES.items()
        }
        server = self.pool.add_resource_server(
            "Scopes", identifier="shelfwire", scopes=list(scopes.values())
        )
        domain = self.pool.add_domain(
            "Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=stage.prefix)
        )
        self.clients = {
            client: self._client(
                client,
                stage,
                [cognito.OAuthScope.resource_server(server, scopes[name]) for name in allowed],
            )
            for client, allowed in CLIENTS.items()
        }
        CfnOutput(self, "PoolId", value=self.pool.user_pool_id)
        CfnOutput(self, "TokenUrl", value=f"{domain.base_url()}/oauth2/token")
        for client, made in self.clients.items():
            CfnOutput(self, f"Client{client.title()}", value=made.user_pool_client_id)

    def _client(
        self, client: str, stage: Stage, scopes: list[cognito.OAuthScope]
    ) -> cognito.UserPoolClient:
        return self.pool.add_client(
            f"Client-{client}",
            user_pool_client_name=stage.name(client),
            generate_secret=True,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True), scopes=scopes
            ),
        )


def _under(prefix: str) -> s3.CfnBucket.NotificationFilterProperty:
    rule = s3.CfnBucket.FilterRuleProperty(name="prefix", value=prefix)
    return s3.CfnBucket.NotificationFilterProperty(
        s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=[rule])
    )
