"""Alarms over queues, streams, functions and the API, and one page to look at.

Each kind has a runbook page. They stand in a stack of their own, because they are most of what a
connection adds, and name what they watch, so that nothing watched waits for them to change.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.queue import DEAD
from infra.stage import Stage
from shared.model.books import DIFFERENCES_TOLD

ALARM_KINDS = (
    "api-errors",
    "dead-letters",
    "differences-told",
    "function-errors",
    "function-throttles",
    "oldest-message",
    "stream-behind",
)
OLDEST_MAX = Duration.minutes(15)
_OVER = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_QUIET = cloudwatch.TreatMissingData.NOT_BREACHING


class AlarmStack(Stack):
    """Functions and queues by their short names; `streamed` functions are fed by a table."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        *,
        functions: Sequence[str],
        streamed: Sequence[str],
        queues: Sequence[str],
        door: api.HttpStage,
    ) -> None:
        super().__init__(scope, name, env=stage.environment, stack_name=stage.name("alarms"))
        self._stage = stage
        self.topic = sns.Topic(self, "Topic", topic_name=stage.name("alarms"), enforce_ssl=True)
        for queue in queues:
            self._alarm("dead-letters", queue, self._waiting(queue, DEAD), over=0)
            over = OLDEST_MAX.to_seconds()
            self._alarm("oldest-message", queue, self._oldest(queue), over=over)
        for function in functions:
            self._alarm("function-errors", function, self._of(function, "Errors"), over=0)
            self._alarm("function-throttles", function, self._of(function, "Throttles"), over=0)
        for function in streamed:
            behind = OLDEST_MAX.to_milliseconds()
            self._alarm("stream-behind", function, self._age(function), over=behind)
        if "books" in functions:
            self._alarm("differences-told", "books", self._told("books"), over=0)
        self._alarm("api-errors", "api", door.metric_server_error(), over=0)
        self._dashboard(
            {
                **self._of_queues(queues),
                **self._of_functions(functions),
                "age of the oldest stream record, ms": [self._age(f) for f in streamed],
                "requests refused, and failed": [
                    door.metric_client_error(),
                    door.metric_server_error(),
                ],
            }
        )

    def _alarm(self, kind: str, about: str, metric: cloudwatch.IMetric, *, over: float) -> None:
        alarm = cloudwatch.Alarm(
            self,
            f"{kind}-{about}",
            alarm_name=self._stage.name(kind, about),
            alarm_description=f"docs/runbook/{kind}.md",
            metric=metric,
            threshold=over,
            evaluation_periods=1,
            comparison_operator=_OVER,
            treat_missing_data=_QUIET,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def _dashboard(self, graphs: Mapping[str, Sequence[cloudwatch.IMetric]]) -> None:
        widgets: list[cloudwatch.IWidget] = [
            cloudwatch.GraphWidget(title=title, left=metrics, width=12)
            for title, metrics in graphs.items()
        ]
        cloudwatch.Dashboard(
            self, "Page", dashboard_name=self._stage.name("overview"), widgets=[widgets]
        )

    def _of_queues(self, queues: Sequence[str]) -> dict[str, list[cloudwatch.Metric]]:
        return {
            "messages waiting": [self._waiting(queue) for queue in queues],
            "age of the oldest message, s": [self._oldest(queue) for queue in queues],
            "dead letters": [self._waiting(queue, DEAD) for queue in queues],
        }

    def _of_functions(self, functions: Sequence[str]) -> dict[str, list[cloudwatch.Metric]]:
        return {
            "errors": [self._of(function, "Errors") for function in functions],
            "throttles": [self._of(function, "Throttles") for function in functions],
            "duration p99, ms": [self._of(f, "Duration", statistic="p99") for f in functions],
        }

    def _of(self, function: str, metric: str, *, statistic: str = "Sum") -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name=metric,
            dimensions_map={"FunctionName": self._stage.name(function)},
            statistic=statistic,
        )

    def _told(self, function: str) -> cloudwatch.Metric:
        """What the function counts itself: orders whose books have differed for too long."""
        return cloudwatch.Metric(
            namespace=self._stage.prefix,
            metric_name=DIFFERENCES_TOLD,
            dimensions_map={"service": function},
            statistic="Sum",
        )

    def _age(self, function: str) -> cloudwatch.Metric:
        return self._of(function, "IteratorAge", statistic="Maximum")

    def _waiting(self, *queue: str) -> cloudwatch.Metric:
        return self._of_queue("ApproximateNumberOfMessagesVisible", *queue)

    def _oldest(self, queue: str) -> cloudwatch.Metric:
        return self._of_queue("ApproximateAgeOfOldestMessage", queue)

    def _of_queue(self, metric: str, *queue: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/SQS",
            metric_name=metric,
            dimensions_map={"QueueName": self._stage.name(*queue)},
            statistic="Maximum",
        )
