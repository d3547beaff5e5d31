"""Gathering the context, and the catalog's cache."""

import pytest

from streamlink_magic.catalog.cache import CatalogCache
from streamlink_magic.catalog.ranking import rank_tables
from streamlink_magic.errors import CatalogError, QuestionError
from streamlink_magic.memory.entries import KeptAnswer
from streamlink_magic.memory.recall import NOTHING_KEPT, Memory, Vet
from streamlink_magic.records import (
    AskContext,
    Column,
    DataFrameVariable,
    NotebookSnapshot,
    Question,
    TableName,
    TableSchema,
    Term,
    Turn,
)
from streamlink_magic.settings import Settings
from streamlink_magic.steps.context import gather_context, mask_literals
from streamlink_magic.testing import FakeCatalog, FakeClock, table

FLIGHTS = table("flights", "dest string, dep_delay int")
PLANES = table("planes", "tailnum string, seats int")
FRAME = DataFrameVariable("late", (Column("dest", "string"),), object())


def gathered(
    question: str = "How many?",
    *,
    reader: FakeCatalog | None = None,
    notebook: NotebookSnapshot | None = None,
    turns: tuple[Turn, ...] = (),
    settings: Settings | None = None,
    tables: tuple[str, ...] = (),
    memory: Memory = NOTHING_KEPT,
    vet: Vet = str,
) -> AskContext:
    return gather_context(
        Question(question, tables=tables),
        notebook=notebook or NotebookSnapshot(),
        reader=FakeCatalog((FLIGHTS, PLANES)) if reader is None else reader,
        cache=CatalogCache(FakeClock()),
        turns=turns,
        settings=settings or Settings(),
        memory=memory,
        vet=vet,
    )


@pytest.mark.parametrize("question", ["", "  \n\t "])
def test_an_empty_question_says_where_to_write_one(question: str) -> None:
    """Nothing is sent anywhere for an empty cell."""
    with pytest.raises(QuestionError, match="empty"):
        gathered(question)


def test_a_question_of_100_000_characters_is_refused_with_its_length() -> None:
    """The limit and the length are both named."""
    with pytest.raises(QuestionError, match=r"100,000 characters; the limit is 4,000"):
        gathered("x" * 100_000)


def test_an_empty_catalog_names_the_database_and_the_ways_out() -> None:
    """An empty database is no reason to guess."""
    with pytest.raises(CatalogError, match="'shop'") as caught:
        gathered(reader=FakeCatalog())
    assert "createOrReplaceTempView" in caught.value.hint


def test_dataframe_variables_count_when_named_or_when_there_is_nothing_else() -> None:
    """A variable enters the prompt only when the question is about it."""
    notebook = NotebookSnapshot(dataframes=(FRAME,))
    named = gathered("Which dest in late?", notebook=notebook).catalog.tables
    unnamed = gathered("Which dest?", notebook=notebook).catalog.tables
    alone = gathered("Which dest?", notebook=notebook, reader=FakeCatalog()).catalog.tables
    assert [one.kind for one in named] == ["table", "table", "dataframe"]
    assert [one.kind for one in unnamed] == ["table", "table"]
    assert [one.name.name for one in alone] == ["late"]


def test_a_table_wins_over_a_variable_of_its_name() -> None:
    """In SQL the name means the table."""
    same = DataFrameVariable("flights", (Column("other", "int"),), object())
    tables = gathered("flights?", notebook=NotebookSnapshot(dataframes=(same,))).catalog.tables
    assert tables[0].columns == FLIGHTS.columns
    assert len(tables) == 2


def test_cells_that_mention_a_table_come_masked() -> None:
    """Source goes along, values do not."""
    cells = ("flights.where(flights.dest == 'SECRET').limit(5)", "x = 1", "print('planes')")
    kept = gathered(notebook=NotebookSnapshot(cells=cells)).cells
    assert kept == ("flights.where(flights.dest == …).limit(…)", "print('planes')")


def test_cells_keep_their_values_only_when_a_setting_says_so() -> None:
    """The setting is the one way to send literals."""
    cells = ("flights.limit(5)",)
    settings = Settings(send_values=True)
    kept = gathered(notebook=NotebookSnapshot(cells=cells), settings=settings).cells
    assert kept == cells


@pytest.mark.parametrize(
    "source",
    [
        "%%sql\nselect 'SECRET' from t",
        "f(x, 'SECRET",
        "x = '''SECRET\nSECRET'''",
        "# SECRET",
        'f"{a}SECRET"',
    ],
)
def test_no_literal_survives_masking(source: str) -> None:
    """Whatever the cell is written in, quoted text and comments are gone."""
    assert "SECRET" not in mask_literals(source)


def test_earlier_turns_are_there_for_a_follow_up_alone_and_only_the_last_few() -> None:
    """The prompt does not grow with the notebook, and a question of its own is not misled."""
    turns = tuple(Turn(f"q{i}", f"SELECT {i}", follows=True) for i in range(9))
    followed = gathered("and only in May?", turns=turns)
    assert [turn.question for turn in followed.turns] == ["q6", "q7", "q8"]
    assert gathered("How many flights were late?", turns=turns).turns == ()


def test_memory_gives_terms_examples_and_what_is_wrong_with_its_files() -> None:
    """Only the terms that the question uses, and only answers that the guard lets through."""
    kept = KeptAnswer("How many flights left?", "SELECT count(*) FROM flights", tables=("flights",))
    bad = KeptAnswer("How many flights left?", "DROP TABLE flights", tables=("flights",))
    memory = Memory(
        (bad, kept),
        (Term("late", "dep_delay > 15"), Term("big", "seats > 200")),
        problems=("line 3",),
    )

    def vet(sql: str) -> str:
        return "" if sql == kept.sql else "no query"

    context = gathered("How many late flights left?", memory=memory, vet=vet)
    assert [term.name for term in context.terms] == ["late"]
    assert [example.key for example in context.examples] == [kept.id]
    assert context.notes == ("line 3",)
    unvetted = gathered("How many late flights left?", memory=memory)
    assert [one for one in unvetted.examples if one.source == "kept"] == []


def test_a_table_is_described_once_until_it_is_old_or_forgotten() -> None:
    """The cache spares Spark, and lets go when a cell may have changed tables."""
    clock, reader = FakeClock(), FakeCatalog((FLIGHTS,))
    cache = CatalogCache(clock)

    def look() -> int:
        cache.snapshot(reader, deadline_s=20, age_s=300)
        return len(reader.described)

    assert (look(), look()) == (1, 1)
    clock.now = 301
    assert look() == 2
    cache.forget()
    assert look() == 3


def test_temporary_views_are_described_every_time() -> None:
    """A view can be replaced without a trace in its name."""
    reader = FakeCatalog((table("recent", "a int", database="", kind="temp view"),))
    cache = CatalogCache(FakeClock())
    for _ in range(2):
        cache.snapshot(reader, deadline_s=20, age_s=300)
    assert reader.described == ["recent", "recent"]


def test_a_new_table_is_seen_at_once() -> None:
    """Names are listed anew for every question."""
    reader = FakeCatalog([FLIGHTS])
    cache = CatalogCache(FakeClock())
    cache.snapshot(reader, deadline_s=20, age_s=300)
    reader.tables = [FLIGHTS, PLANES]
    assert len(cache.snapshot(reader, deadline_s=20, age_s=300).tables) == 2


def test_the_deadline_stops_describing_and_is_told() -> None:
    """A slow metastore costs the deadline, not the question."""
    cache = CatalogCache(FakeClock(step=3.0))
    reader = FakeCatalog([table(f"t{i}", "a int") for i in range(50)])
    snapshot = cache.snapshot(reader, deadline_s=20, age_s=300)
    assert not snapshot.complete
    assert 0 < len(reader.described) < 10
    assert len(snapshot.tables) == 50


def test_of_10_000_tables_only_the_likely_ones_are_described() -> None:
    """Names come first; columns are read for the tables that the question is about."""
    names = [f"t_{i:05d}" for i in range(9_999)]
    reader = FakeCatalog(
        [*(table(name, "a int") for name in names), table("flight_delay", "m int")]
    )
    context = gathered("How many minutes of flight delays?", reader=reader)
    assert len(reader.described) <= 40
    assert "flight_delay" in reader.described
    assert len(context.catalog.tables) == 10_000


def test_a_table_named_by_the_user_is_described_even_among_thousands() -> None:
    """``--tables`` always works."""
    reader = FakeCatalog([table(f"t_{i:05d}", "a int") for i in range(5_000)])
    gathered("How many?", reader=reader, tables=("t_04321",))
    assert "t_04321" in reader.described


def test_one_unreadable_table_does_not_hide_the_others() -> None:
    """The bad one is listed with its reason."""
    reader = FakeCatalog((FLIGHTS, PLANES), unreadable={"planes": "no permission"})
    tables = gathered(reader=reader).catalog.tables
    assert [one.unreadable for one in tables] == ["", "no permission"]


def test_a_catalog_that_cannot_be_listed_is_an_error_with_its_cause() -> None:
    """The metastore's own words are kept."""

    class Broken(FakeCatalog):
        def list_tables(self) -> list[TableSchema]:
            raise RuntimeError("metastore is down\nwith a long trace")

    with pytest.raises(
        CatalogError, match=r"cannot list its tables: metastore is down Check"
    ) as caught:
        gathered(reader=Broken())
    assert "SHOW TABLES" in caught.value.hint


def test_ranking_puts_rare_shared_words_first() -> None:
    """A word that few tables have says more than one that all have."""
    tables = [TableSchema(TableName(name)) for name in ("sales_2023", "sales_returns", "sales_tax")]
    assert rank_tables("Which returns were late?", tables)[0].name.name == "sales_returns"
