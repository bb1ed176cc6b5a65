"""The only entry point of the template: `cdk synth`, `cdk deploy`."""

import aws_cdk as cdk

from infra.app_stack import AppStack
from infra.data_stack import DataStack
from infra.stage import Stage, stage_from


def build(app: cdk.App, stage: Stage | None = None) -> tuple[DataStack, AppStack]:
    """Both stacks; the data stack must survive, the app stack can be made again."""
    stage = stage or stage_from(app)
    data = DataStack(app, "ShelfwireData", stage)
    work = AppStack(app, "ShelfwireApp", stage, data)
    cdk.Tags.of(app).add("app", "shelfwire")
    cdk.Tags.of(app).add("retailer", stage.retailer.retailer)
    cdk.Tags.of(app).add("stage", stage.retailer.stage)
    return data, work


if __name__ == "__main__":
    application = cdk.App()
    build(application)
    application.synth()
