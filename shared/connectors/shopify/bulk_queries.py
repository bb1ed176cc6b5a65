"""Operations that begin a bulk operation and ask about it."""

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import Operation

RECENT = 10  # operations looked through for one whose beginning was not answered

STAGE = Operation(
    "Stage",
    """mutation Stage($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url parameters { name value } }
    userErrors { field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)

RUN = Operation(
    "BulkRun",
    """mutation BulkRun($mutation: String!, $path: String!) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path) {
    bulkOperation { id status }
    userErrors { code field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)

_STATE = "id status errorCode createdAt fileSize url partialDataUrl"

STATE = Operation(
    "BulkState",
    f"query BulkState($id: ID!) {{ bulkOperation(id: $id) {{ {_STATE} }} }}",
    writes=False,
    points=costs.POINT,
)

BEGUN = Operation(
    "BulkBegun",
    f"""query BulkBegun($query: String!) {{
  bulkOperations(first: {RECENT}, query: $query, sortKey: CREATED_AT, reverse: true) {{
    nodes {{ {_STATE} }}
  }}
}}""",
    writes=False,
    points=costs.connection(RECENT, 1),
)
