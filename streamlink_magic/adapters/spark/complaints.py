"""What Spark complains of while it parses or analyses, as an error that names rule and clause."""

# ruff: noqa: ANN401  what py4j hands over has no types

from __future__ import annotations

from typing import Any

from streamlink_magic.adapters.spark.failures import unprinted
from streamlink_magic.errors import InvalidSqlError
from streamlink_magic.records import Verdict

_RULES = (
    ("PARSE_", "syntax"),
    ("INVALID_IDENTIFIER", "unquoted-name"),
    ("UNRESOLVED_COLUMN", "unknown-column"),
    ("UNRESOLVED_FIELD", "unknown-column"),
    ("UNRESOLVED_MAP_KEY", "unknown-column"),
    ("TABLE_OR_VIEW_NOT_FOUND", "unknown-table"),
    ("SCHEMA_NOT_FOUND", "unknown-table"),
    ("UNRESOLVED_ROUTINE", "unknown-function"),
    ("UNRESOLVABLE_TABLE_VALUED_FUNCTION", "unknown-function"),
    ("AMBIGUOUS_", "ambiguous-column"),
    ("MISSING_AGGREGATION", "grouping"),
    ("MISSING_GROUP_BY", "grouping"),
    ("GROUP_BY_", "grouping"),
    ("DATATYPE_MISMATCH", "type"),
    ("CAST_", "type"),
    ("INCOMPATIBLE_", "type"),
)


def calling(call: Any, *arguments: object) -> Any:
    """Call into Spark; turn its complaint into one that names rule and clause."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        with unprinted():
            return call(*arguments)
    except PySparkException as error:
        raise _invalid(error) from None
    except Py4JError as error:
        deep = "StackOverflowError" in str(error)
        raise InvalidSqlError(
            Verdict(
                allowed=False,
                rule="nesting" if deep else "analysis",
                why="It is nested too deep." if deep else _first_line(str(error)),
            ),
            "Write it in a simpler form.",
        ) from None


def _invalid(error: Any) -> InvalidSqlError:
    condition = str(error.getCondition() or "")
    parameters = {
        str(key): str(value) for key, value in (error.getMessageParameters() or {}).items()
    }
    rule = next((rule for start, rule in _RULES if condition.startswith(start)), "invalid")
    contexts = error.getQueryContext() or []
    clause = str(contexts[0].fragment()) if contexts else parameters.get("error", "")
    verdict = Verdict(
        allowed=False, rule=rule, clause=clause.strip("'"), why=_first_line(str(error.getMessage()))
    )
    return InvalidSqlError(
        verdict,
        "Spark suggests: " + parameters["proposal"] if parameters.get("proposal") else "",
        condition=condition,
        parameters=parameters,
    )


def _first_line(message: str) -> str:
    return message.strip().split("\n", 1)[0][:400]
