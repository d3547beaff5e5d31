"""Spark's parser and analyser on a hardened clone of the session, nothing ever run.

``parseQuery`` reads the text, ``executePlan(..., SKIP).analyzed()`` resolves the same plan object,
and that object is what runs later. ``spark.sql``, EXPLAIN and the optimiser are never used: each
of them can execute what it is given. The clone sees the session's views and functions; what is
done to it leaves no trace in the session.
"""

# ruff: noqa: ANN401, SLF001  what py4j hands over has no types, and the way to it is private

from __future__ import annotations

import math
import re
import time
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.spark.carrier import JsonCarrier
from streamlink_magic.adapters.spark.changes import SessionChanges
from streamlink_magic.adapters.spark.complaints import calling
from streamlink_magic.adapters.spark.locations import find_places
from streamlink_magic.adapters.spark.lookup import ClassicLookup
from streamlink_magic.adapters.spark.patience import in_time
from streamlink_magic.adapters.spark.sizes import TableSizes
from streamlink_magic.errors import InvalidSqlError, SessionError
from streamlink_magic.records import PlanNode, Verdict, quote_name
from streamlink_magic.steps.guard.tree import STATEMENT, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streamlink_magic.records import FilePlaces, TableSize

_HARDENED = {
    "spark.sql.runSQLOnFiles": "false",
    "spark.sql.variable.substitute": "false",
}
# Spark lists the files of many partitions by a job of its own: not while only checking.
_LISTING = "spark.sql.sources.parallelPartitionDiscovery.threshold"
_NEVER = str(2**31 - 1)
# What lies beyond a cut is dropped batch by batch. Python's functions get batches of that size
# too, so it may not be much smaller.
_BATCH_ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"
_FEW = "1000"
_EXCLUDED_RULES = "spark.sql.optimizer.excludedRules"
_FOLDING = ",".join(
    f"org.apache.spark.sql.catalyst.optimizer.{rule}"
    for rule in ("ConvertToLocalRelation", "ConstantFolding")
)
# Options of a relation follow WITH at once; a named query's WITH is followed by a name. Whatever
# else follows, such as a comment, is looked up in the plan.
_PLACE_FOR_OPTIONS = re.compile(r"WITH\s*[^\s\w`]")
# The JSON of a tree runs the parts of a name together with commas.
_COMMA_IN_NAME = re.compile(r"[`\"][^`\"]*, [^`\"]*[`\"]")
_V2 = '"org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation"'
_EXPAND = '"org.apache.spark.sql.catalyst.plans.logical.Expand"'
HIDING = '"org.apache.spark.sql.catalyst.plans.logical.WithWindowDefinition"'
_RELATION = '"org.apache.spark.sql.catalyst.analysis.UnresolvedRelation"'


class ClassicAnalyzer:
    """``SqlAnalyzer`` over a classic session.

    Parameters
    ----------
    spark
        A live classic ``SparkSession``.
    database
        Where unqualified names are looked up; empty means the session's current database.
    lasting_s
        How many seconds one clone serves while the session's settings, temporary views and
        functions stay the same. For checking alone: what runs needs a clone that has just
        listed the files of its tables, so there each statement gets a fresh one (0).
    """

    def __init__(self, spark: Any, database: str = "", *, lasting_s: float = 0.0) -> None:
        self._spark = spark
        self._database = database
        self._lasting_s = lasting_s
        self._cloned: tuple[float, object] = (-math.inf, None)
        self._views: dict[str, Any] = {}
        self._parsed: tuple[str, Any] = ("", None)
        self._names: dict[str, str] = {}
        self._java = _java(spark._jvm)
        self._sizes = TableSizes(spark._jvm)
        self._clone: Any = None
        self._state: Any = None
        self._parser: Any = None
        self._execution: Any = None
        self._optimized: Any = None

    def parse(self, sql: str) -> PlanNode:
        """Return the syntax tree of one query (see ``SqlAnalyzer.parse``)."""
        self._renew()
        plan = calling(self._parser.parseQuery, sql)
        self._parsed = (sql, plan)
        return self._read(plan, every_relation=needs_every_relation(sql))

    def analyze(self, sql: str) -> tuple[PlanNode, object]:
        """Return the analysed tree and its plan object (see ``SqlAnalyzer.analyze``)."""
        text, parsed = self._parsed
        if text != sql or parsed is None:
            raise ValueError("parse this statement first; analysing an unchecked one may run it")
        execution = self._state.executePlan(parsed, self._java.skip)
        plan = calling(execution.analyzed)
        self._execution = execution
        return self._read(plan, every_relation=False), plan

    def sizes(self, tree: PlanNode, plan: object) -> Mapping[int, TableSize]:
        """Return the sizes of a plan's tables (see ``SqlAnalyzer.sizes``)."""
        if plan is self._optimized:
            return self._sizes.of_optimized(tree, plan, self._clone)
        return self._sizes.of_analyzed(tree, plan, self._clone)

    def locations(self, plan: object) -> tuple[FilePlaces, ...]:
        """Return where the relations of a plan lie (see ``SqlAnalyzer.locations``)."""
        return find_places(plan, self._clone, self._spark._jvm.scala.Option.empty)

    def optimize(self, plan: object, *, timeout_s: float) -> tuple[PlanNode, object]:
        """Return the optimised tree and its plan object (see ``SqlAnalyzer.optimize``)."""
        if plan is None or self._execution is None:
            raise ValueError("analyse and check this statement first")
        conf = self._clone.conf()
        before = conf.get(_LISTING)
        conf.set(_LISTING, _NEVER)
        try:
            optimized = in_time(partial(calling, self._execution.optimizedPlan), timeout_s)
        finally:
            conf.set(_LISTING, before)
        self._optimized = optimized
        return self._read(optimized, every_relation=False, look_into=False), optimized

    def dataframe(self, plan: object, *, on_clone: bool) -> Any:
        """Return a lazy DataFrame over a plan object that ``analyze`` gave.

        Parameters
        ----------
        plan
            The plan of a guarded query.
        on_clone
            Whether it belongs to the hardened clone or to the user's own session.
        """
        from pyspark.sql.classic.dataframe import DataFrame

        session = self._clone if on_clone else self._spark._jsparkSession
        if on_clone:
            # Spark plans LIMIT … OFFSET … only once their sum is folded. The plan is checked by
            # now, so the optimiser may do with it what it does with any query of the user's.
            self._clone.conf().set(_EXCLUDED_RULES, self._own_excluded)
            self._clone.conf().set(_BATCH_ROWS, _FEW)
        return DataFrame(self._of_rows(session, plan), self._spark)

    @property
    def lookup(self) -> ClassicLookup:
        """What the session's catalog says now (see ``CatalogLookup``)."""
        self._renew()
        frame = partial(self.dataframe, on_clone=True)
        return ClassicLookup(self._clone, self._spark._jvm, frame)

    def add_view(self, name: str, dataframe: Any) -> None:
        """Make a DataFrame readable by name, on the clone alone."""
        self._views[name] = dataframe

    @property
    def version(self) -> tuple[object, ...]:
        """What stays equal as long as a statement that was checked would be judged the same.

        It takes in the current clone, so it lasts no longer than ``lasting_s``.
        """
        self._renew()
        return self._cloned[0], self._changes.events()

    def _renew(self) -> None:
        """Take a fresh clone, unless the one at hand may go on serving."""
        if self._lasting_s:
            now, looks = time.monotonic(), self._changes.looks()
            if self._cloned[0] + self._lasting_s > now and self._cloned[1] == looks:
                return
            self._cloned = (-math.inf, None)  # should taking it be broken off
            self._take(self._renewed())
            self._cloned = (now, looks)
        else:
            self._take(self._renewed())

    def _take(self, clone: Any) -> None:
        """Keep a clone and what every check asks it for: each way there costs round trips."""
        state = clone.sessionState()
        manager = state.catalogManager()
        self._names = {
            "catalog": str(manager.currentCatalog().name()),
            "database": ".".join(manager.currentNamespace()),
        }
        self._clone, self._state, self._parser = clone, state, state.sqlParser()

    @cached_property
    def _changes(self) -> SessionChanges:
        return SessionChanges(self._spark._jsparkSession, self._spark._jvm)

    def _renewed(self) -> Any:
        """Return a fresh clone: views and functions may have changed since the last statement."""
        try:
            clone = self._spark._jsparkSession.cloneSession()
        except Exception as error:
            raise SessionError(
                "The Spark session does not answer; it was stopped.",
                "Start a new one: spark = SparkSession.builder.getOrCreate()",
            ) from error
        conf = clone.conf()
        for key, value in _HARDENED.items():
            conf.set(key, value)
        self._own_excluded = excluded = str(conf.get(_EXCLUDED_RULES, ""))
        conf.set(_EXCLUDED_RULES, ",".join(part for part in (excluded, _FOLDING) if part))
        if self._database:
            calling(clone.sessionState().catalog().setCurrentDatabase, self._database)
        for name, dataframe in self._views.items():
            self._register(clone, name, dataframe)
        return clone

    def _register(self, clone: Any, name: str, dataframe: Any) -> None:
        plan = dataframe._jdf.queryExecution().analyzed()
        self._of_rows(clone, plan).createOrReplaceTempView(quote_name(name))

    def _of_rows(self, session: Any, plan: object) -> Any:
        return self._java.dataset.ofRows(session, plan)

    def _read(self, plan: Any, *, every_relation: bool, look_into: bool = True) -> PlanNode:
        text = self._java.carrier.json(plan)
        fetched = _Fetched()
        hidden = any(kind in text for kind in (HIDING, _EXPAND, _V2))
        if look_into and (every_relation or hidden):
            fetched.look_into(plan)
            fetched.compare(text, every_relation=every_relation)
        fields = {
            **self._names,
            "options": tuple(fetched.options),
            "exact_names": fetched.names,
            "v2_tables": tuple(fetched.v2_tables),
        }
        return PlanNode(STATEMENT, fields, (read_tree(text), *fetched.trees))


@lru_cache(maxsize=1)
def _java(jvm: Any) -> _Java:
    return _Java(jvm)


class _Java:
    """The JVM's classes that every check needs, looked up once: each name costs a round trip."""

    def __init__(self, jvm: Any) -> None:
        self.carrier = JsonCarrier(jvm)
        self.dataset = jvm.org.apache.spark.sql.classic.Dataset
        mode = getattr(jvm.org.apache.spark.sql.execution, "CommandExecutionMode$")
        self.skip = getattr(mode, "MODULE$").SKIP()


class _Fetched:
    """What the JSON of a plan leaves out, asked for node by node."""

    def __init__(self) -> None:
        self.options: list[str] = []
        self.names: dict[str, tuple[str, ...]] = {}
        self.v2_tables: list[tuple[str, ...]] = []
        self.trees: list[PlanNode] = []
        self._seen = {_RELATION: 0, HIDING: 0, _EXPAND: 0, _V2: 0}

    def look_into(self, plan: Any) -> None:
        """Visit every plan below, those of subqueries and named queries too."""
        stack = [plan]
        while stack:
            node = stack.pop()
            kind = f'"{node.getClass().getName()}"'
            if kind in self._seen:
                self._seen[kind] += 1
                self._note(kind, node)
            stack.extend(_items(node.children()))
            stack.extend(_items(node.innerChildren()))

    def compare(self, text: str, *, every_relation: bool) -> None:
        """Make sure that the visit met every node that the JSON tells of."""
        for kind, count in self._seen.items():
            if kind == _RELATION and not every_relation:
                continue
            if text.count(f'"class":{kind}') != count:
                raise _hidden()

    def _note(self, kind: str, node: Any) -> None:
        if kind == _RELATION:
            self._note_relation(node)
        elif kind == HIDING:
            windows = node.windowDefinitions().values()
            self.trees.extend(read_tree(window.toJSON()) for window in _items(windows.toSeq()))
        elif kind == _EXPAND:
            for projection in _items(node.projections()):
                self.trees.extend(read_tree(column.toJSON()) for column in _items(projection))
        elif kind == _V2:
            self.v2_tables.append(_v2_name(node))

    def _note_relation(self, node: Any) -> None:
        if not node.options().isEmpty():
            self.options.append(str(node.options().asCaseSensitiveMap().toString()))
        parts = tuple(_items(node.multipartIdentifier()))
        written = f"[{', '.join(parts)}]"
        if self.names.setdefault(written, parts) != parts:
            raise _hidden()


def needs_every_relation(sql: str) -> bool:
    """Return whether a relation's options or its name must be asked of the plan itself."""
    return bool(_PLACE_FOR_OPTIONS.search(sql.upper()) or _COMMA_IN_NAME.search(sql))


def _hidden() -> InvalidSqlError:
    why = "A part of this statement is hidden where it cannot be checked."
    return InvalidSqlError(
        Verdict(allowed=False, rule="unreadable", why=why), "Write it in a simpler form."
    )


def _v2_name(node: Any) -> tuple[str, ...]:
    if not (node.catalog().isDefined() and node.identifier().isDefined()):
        return ("",)
    identifier = node.identifier().get()
    return (node.catalog().get().name(), *identifier.namespace(), identifier.name())


def _items(sequence: Any) -> Iterator[Any]:
    """Yield what a Scala sequence holds."""
    for index in range(sequence.size()):
        yield sequence.apply(index)
