"""What flows between the steps: frozen records, free of third-party imports.

The order below is the order in which a question meets them: notebook and catalog, context,
prompt, draft, verdict and guarded query, result, explanation, answer.
"""

from streamlink_magic.records.answer import (
    AnswerView,
    Bundle,
    Check,
    Explanation,
    Link,
    PhaseTime,
    QueryResult,
    Vote,
)
from streamlink_magic.records.catalog import (
    CatalogEntry,
    CatalogSnapshot,
    Column,
    ForeignKey,
    TableName,
    TableSchema,
    quote_name,
)
from streamlink_magic.records.chart import Axis, ChartSpec
from streamlink_magic.records.data import ColumnValues, DataProfile, Join, TableSample, ValueHint
from streamlink_magic.records.guarded import (
    CatalogRows,
    FilePlaces,
    GuardedQuery,
    PlanNode,
    TableSize,
    Verdict,
)
from streamlink_magic.records.prompt import (
    Completion,
    Message,
    Naming,
    Prompt,
    SentPart,
    SqlDraft,
    TokenLogprob,
)
from streamlink_magic.records.question import (
    AskContext,
    DataFrameVariable,
    Example,
    LinkedContext,
    NotebookSnapshot,
    Question,
    Term,
    Turn,
)

__all__ = [
    "AnswerView",
    "AskContext",
    "Axis",
    "Bundle",
    "CatalogEntry",
    "CatalogRows",
    "CatalogSnapshot",
    "ChartSpec",
    "Check",
    "Column",
    "ColumnValues",
    "Completion",
    "DataFrameVariable",
    "DataProfile",
    "Example",
    "Explanation",
    "FilePlaces",
    "ForeignKey",
    "GuardedQuery",
    "Join",
    "Link",
    "LinkedContext",
    "Message",
    "Naming",
    "NotebookSnapshot",
    "PhaseTime",
    "PlanNode",
    "Prompt",
    "QueryResult",
    "Question",
    "SentPart",
    "SqlDraft",
    "TableName",
    "TableSample",
    "TableSchema",
    "TableSize",
    "Term",
    "TokenLogprob",
    "Turn",
    "ValueHint",
    "Verdict",
    "Vote",
    "quote_name",
]
