"""What Lambda calls, a module each.

Nothing that is imported becomes garbage, and looking for some meanwhile takes a tenth of a cold
start. So Python's collector rests from here until a function is `loaded`.
"""

import gc
import os
from typing import Final

COLD: Final = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
"""Whether this process is a container of Lambda's, which has this function and no other."""

if COLD:
    gc.disable()


def loaded() -> None:
    """All is imported and stays; from now on garbage is looked for among what comes after it."""
    if COLD:
        gc.freeze()
        gc.enable()
