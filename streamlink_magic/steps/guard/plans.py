"""The plan classes that may stand in a parsed and in an analysed tree, and what may stay unread."""

from __future__ import annotations

from streamlink_magic.steps.guard.words import classes, words

_LOGICAL = "org.apache.spark.sql.catalyst.plans.logical"
_ANALYSIS = "org.apache.spark.sql.catalyst.analysis"
_EXECUTION = "org.apache.spark.sql.execution"

PARSED = classes(
    _LOGICAL,
    """
    Aggregate Distinct Except Filter Generate GlobalLimit Intersect Join LateralJoin LimitAll
    LocalLimit LocalRelation Offset OneRowRelation Pivot Project RepartitionByExpression Sample Sort
    SubqueryAlias Tail Union Unpivot UnresolvedHint UnresolvedWith WithWindowDefinition
    """,
) | classes(
    _ANALYSIS,
    """
    UnresolvedHaving UnresolvedInlineTable UnresolvedQualify UnresolvedRelation
    UnresolvedSubqueryColumnAliases UnresolvedTVFAliases UnresolvedTableValuedFunction
    """,
)
"""Plans of a parsed, not yet analysed tree."""

RELATION = f"{_ANALYSIS}.UnresolvedRelation"

VIEW = f"{_LOGICAL}.View"
FILE_TABLE = f"{_EXECUTION}.datasources.LogicalRelation"
HIVE_TABLE = "org.apache.spark.sql.catalyst.catalog.HiveTableRelation"
V2_TABLE = f"{_EXECUTION}.datasources.v2.DataSourceV2Relation"

CACHED = f"{_EXECUTION}.columnar.InMemoryRelation"
"""What the optimiser puts where a table is cached."""

RDD = f"{_EXECUTION}.LogicalRDD"
RELATIONS = frozenset({RDD, FILE_TABLE, HIVE_TABLE, V2_TABLE})
"""Plans that hand up rows from outside."""

ANALYZED = (
    classes(
        _LOGICAL,
        """
    Aggregate CTERelationDef CTERelationRef Distinct Except Expand Filter Generate GlobalLimit
    Intersect Join LateralJoin LimitAll LocalLimit LocalRelation Offset OneRowRelation Project Range
    RebalancePartitions Repartition RepartitionByExpression ResolvedHint Sample Sort SubqueryAlias
    Tail Union UnionLoop UnionLoopRef View Window WithCTE
    """,
    )
    | RELATIONS
)
"""Plans of an analysed tree."""

BUILT_BY_USER = ANALYZED | classes(
    _LOGICAL,
    """
    AppendColumns ArrowEvalPython AttachDistributedSequence BatchEvalPython CoGroup
    CollectMetrics CommandResult Deduplicate DeserializeToObject Except FlatMapCoGroupsInArrow
    FlatMapCoGroupsInPandas FlatMapGroupsInArrow FlatMapGroupsInPandas LateralJoin MapElements
    MapGroups MapInArrow MapInPandas MapPartitions MapPartitionsInR SerializeFromObject
    TypedFilter WithColumns
    """,
)
"""Plans that a DataFrame made in the notebook may also hold."""

_HARMLESS_UNREAD = words(
    """
    CatalogStorageFormat.locationUri CatalogStorageFormat.properties CatalogTable.ignoredProperties
    CatalogTable.properties CatalogTable.stats CatalogTable.viewOriginalText
    CommonExpressionDef.id CommonExpressionRef.id CsvToStructs.options Cube.groupingSetIndexes
    DataSourceV2Relation.catalog DataSourceV2Relation.identifier DataSourceV2Relation.options
    DataSourceV2Relation.table Expand.projections GroupingSets.groupingSetIndexes
    HiveTableRelation.partitionCols HiveTableRelation.prunedPartitions HiveTableRelation.tableStats
    Join.hint JsonToStructs.options Literal.value LocalRelation.data LogicalRDD.rdd
    LogicalRDD.session LogicalRelation.relation NamedLambdaVariable.value
    PivotFirst.pivotColumnValues ResolvedHint.hints Rollup.groupingSetIndexes SchemaOfCsv.options
    SchemaOfJson.options SchemaOfXml.options StructsToCsv.options StructsToJson.options
    StructsToXml.options UnresolvedRelation.options UnresolvedWindowExpression.windowSpec
    View.options WithWindowDefinition.windowDefinitions XmlToStructs.options
    LikeAll.patterns LikeAny.patterns NotLikeAll.patterns NotLikeAny.patterns
    """
)
"""``Class.field`` pairs that the JSON of a tree leaves out and that hide nothing.

``options`` of functions are checked by key in the parsed tree; those of relations and the named
windows are fetched apart; ``Expand.projections`` is looked up below, since it holds expressions.
"""

_HARMLESS_ENDS = (".evalContext", ".evalMode", ".escapeChar")


def is_harmless_unread(label: str) -> bool:
    """Return whether a field that the JSON of a tree leaves out hides nothing."""
    return label in _HARMLESS_UNREAD or label.endswith(_HARMLESS_ENDS)
