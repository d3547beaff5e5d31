"""Every failure that the product expects, in one tree.

StreamlinkError
├── AskUsageError              the line typed after %ask or %streamlink (shown as one line)
├── QuestionError              an empty question, or one that cannot fit the prompt
├── UnanswerableError          no table here holds what the question asks for
├── SessionError               no Spark session, several of them, or a stopped one
├── CatalogError               no tables, an unknown table, an unreadable catalog
├── MemoryFileError            a file of kept answers or terms that cannot be read or written
├── TermError                  a glossary term without a name, or whose condition is no expression
├── ModelError                 the model server
│   ├── ServerUnreachableError     nothing answers there, or it died mid-answer
│   ├── ServerRefusedError         401, 403, 404, 429, 5xx
│   ├── ModelTimeoutError          no token within the limit
│   └── NoSqlError                 truncated, or no single statement in the answer
├── ReplayError                recorded answers that cannot be read or written
│   ├── ReplayMissError            replay is on, and nobody recorded an answer
│   └── ReplayDriftError           a recorded answer that does not hold any more
├── PolicyError                a policy whose entries cannot be understood
│   ├── PolicyFileError            a policy file that is broken, missing, or the user's to change
│   └── OutsidePolicyError         an endpoint, model or command that the policy file closes
├── AuditError                 a line of the audit that cannot be written
├── GuardError                 SQL that will not run
│   ├── UnsafeSqlError             it breaks a rule: it might do more than read what is allowed
│   │   └── OverBudgetError            it only reads, but would cost more than the policy allows
│   └── InvalidSqlError            Spark cannot parse or resolve it
├── ExecutionError             Spark failed while it ran a guarded query
│   └── QueryTimeoutError          the wall-clock limit passed
├── ChartError                 a chart that this result does not give, or that cannot be drawn
├── ServingError               starting or stopping a local model server
│   ├── DigestMismatchError        bytes that are not the recorded ones
│   ├── NotEnoughDiskError         too little room for packages or weights
│   ├── PortInUseError             the port asked for is taken
│   ├── NotEnoughMemoryError       the machine cannot hold model and cache
│   └── ContextTooLongError        the model is too large for the context asked
├── GatewayError               a gateway's configuration that cannot be used
└── EvaluationError            a benchmark set or a report that cannot be used

Every error carries a message that names the cause and a hint that ends with the fix. In a
notebook it shows as two or three lines, and the cell fails, so that "Run all" stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlink_magic.records import Bundle, Verdict


class StreamlinkError(Exception):
    """An expected failure: what went wrong, and what to do about it.

    Parameters
    ----------
    message
        The cause, in one sentence.
    hint
        The fix, as an instruction. Empty only where the message is one already.

    Attributes
    ----------
    sql
        The statement that was at hand when the step failed, so that nothing is lost.
    bundle
        What a notebook keeps of the failure, as an output's data and metadata; None for nothing.

    Examples
    --------
    >>> str(StreamlinkError("No table is visible.", "Create a view, then ask again."))
    'No table is visible. Create a view, then ask again.'
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint
        self.sql = ""
        self.bundle: Bundle | None = None

    def __str__(self) -> str:
        """Return message and hint as one text."""
        return f"{self.message} {self.hint}".strip()

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        lines = [f"{type(self).__name__}: {inert(self.message)}"]
        if self.hint:
            lines.append(f"  → {inert(self.hint)}")
        if self.sql:
            lines += ["  The SQL was:", *(f"    {inert(line)}" for line in self.sql.splitlines())]
        return lines


def inert(text: str) -> str:
    r"""Return text in which no control character is left that a terminal would obey.

    >>> inert("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )


class AskUsageError(StreamlinkError):
    """The line after ``%ask``, ``%%ask`` or ``%streamlink`` cannot be understood."""

    def _render_traceback_(self) -> list[str]:
        return [f"UsageError: {inert(str(self))}"]


class QuestionError(StreamlinkError):
    """The question is empty or cannot fit the prompt."""


class UnanswerableError(StreamlinkError):
    """No table that may be read holds what the question asks for; the hint lists the nearest."""


class SessionError(StreamlinkError):
    """No usable Spark session was found, or more than one was."""


class CatalogError(StreamlinkError):
    """The catalog is empty, cannot be read, or does not hold a table named."""


class MemoryFileError(StreamlinkError):
    """A file of kept answers or glossary terms cannot be read, written or understood."""


class TermError(StreamlinkError):
    """A glossary term has no usable name, or its condition is not one SQL expression."""


class ModelError(StreamlinkError):
    """The model server did not give a usable answer."""


class ServerUnreachableError(ModelError):
    """Nothing answers at the address, or the connection broke mid-answer."""


class ServerRefusedError(ModelError):
    """The server answered with an error status.

    Parameters
    ----------
    status
        The HTTP status code.
    """

    def __init__(self, message: str, hint: str = "", *, status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


class ModelTimeoutError(ModelError):
    """The server took longer than the limit."""


class NoSqlError(ModelError):
    """The answer was cut off or holds no single SQL statement."""


class ReplayError(StreamlinkError):
    """A recorded answer, or the file that holds it, cannot be read or written."""


class ReplayMissError(ReplayError):
    """Replay is on, so that no model is asked, and no answer to the question is recorded."""


class ReplayDriftError(ReplayError):
    """A recorded answer's SQL does not hold here as it did when it was recorded."""


class PolicyError(StreamlinkError):
    """A policy holds an entry that cannot be understood."""


class PolicyFileError(PolicyError):
    """The hub's policy file is broken, missing, or could be changed by the user."""


class OutsidePolicyError(PolicyError):
    """The policy file does not allow what was chosen."""


class AuditError(StreamlinkError):
    """The audit that the policy requires cannot be written, so that nothing runs."""


class GuardError(StreamlinkError):
    """The guard will not let a statement run.

    Parameters
    ----------
    verdict
        The refusal, with rule, clause and reason.
    """

    _said = "The guard refuses, by rule"

    def __init__(self, verdict: Verdict, hint: str = "") -> None:
        self.verdict = verdict
        clause = f" at «{verdict.clause}»" if verdict.clause else ""
        super().__init__(f"{self._said} {verdict.rule}{clause}: {verdict.why}", hint)


class UnsafeSqlError(GuardError):
    """The statement might do more than read what the policy allows."""


class OverBudgetError(UnsafeSqlError):
    """The statement only reads what it may, but would cost more than the policy allows."""


class InvalidSqlError(GuardError):
    """Spark's own parser or analyser rejects the statement.

    Parameters
    ----------
    condition
        Spark's name for the failure, such as ``UNRESOLVED_COLUMN.WITH_SUGGESTION``.
    parameters
        What Spark filled its message with: ``objectName``, ``proposal``, ``relationName`` ...
    """

    _said = "Spark cannot use the SQL:"

    def __init__(
        self,
        verdict: Verdict,
        hint: str = "",
        *,
        condition: str = "",
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(verdict, hint)
        self.condition = condition
        self.parameters = dict(parameters or {})


class ExecutionError(StreamlinkError):
    """Spark failed while it ran a guarded query."""


class QueryTimeoutError(ExecutionError):
    """The query ran into its wall-clock limit and was cancelled."""


class ChartError(StreamlinkError):
    """A result does not give the chart asked for, or the chart could not be drawn."""


class ServingError(StreamlinkError):
    """A local model server could not be prepared, started or stopped."""


class DigestMismatchError(ServingError):
    """A file's SHA-256 is not the recorded one; it was not used."""


class NotEnoughDiskError(ServingError):
    """The cache folder's disk cannot hold what has to be stored."""


class PortInUseError(ServingError):
    """Another process listens on the port asked for."""


class NotEnoughMemoryError(ServingError):
    """The machine has too little memory for the model and its cache."""


class ContextTooLongError(ServingError):
    """The model or its cache cannot hold the context length asked for."""


class GatewayError(StreamlinkError):
    """The gateway's configuration cannot be read or understood."""


class EvaluationError(StreamlinkError):
    """A benchmark set or report is missing, malformed or of another set."""
