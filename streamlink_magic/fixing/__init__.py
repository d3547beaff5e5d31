"""``%ask --fix``: mend the Spark SQL that a cell of the notebook has just failed with."""

from streamlink_magic.fixing.changes import changes_between
from streamlink_magic.fixing.failure import Failure, find_failure, last_failure
from streamlink_magic.fixing.mending import (
    ask_to_mend,
    fix_failure,
    mend_failure,
    view_fixed,
)

__all__ = [
    "Failure",
    "ask_to_mend",
    "changes_between",
    "find_failure",
    "fix_failure",
    "last_failure",
    "mend_failure",
    "view_fixed",
]
