"""The only entry point of the template: `cdk synth`, `cdk deploy`."""

import aws_cdk as cdk

from infra.alarms import AlarmStack
from infra.app_stack import STREAMED, AppStack
from infra.data_stack import DataStack
from infra.stage import Stage, stage_from


def build(app: cdk.App, stage: Stage | None = None) -> None:
    """Three stacks: the data must survive, the app and its alarms can be made again."""
    stage = stage or stage_from(app)
    data = DataStack(app, "ShelfwireData", stage)
    work = AppStack(app, "ShelfwireApp", stage, data)
    functions = [function.node.id for function in work.functions]
    AlarmStack(
        app,
        "ShelfwireAlarms",
        stage,
        functions=functions,
        streamed=[name for name in STREAMED if name in functions],
        queues=[queue.name for queue in work.every_queue()],
        door=work.doors.stage,
    )
    cdk.Tags.of(app).add("app", "shelfwire")
    cdk.Tags.of(app).add("retailer", stage.retailer.retailer)
    cdk.Tags.of(app).add("stage", stage.retailer.stage)


if __name__ == "__main__":
    application = cdk.App()
    build(application)
    application.synth()
