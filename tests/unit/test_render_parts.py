from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from streamlink_magic.steps.explain import explain_result
from streamlink_magic.steps.explain.links import link_words
from streamlink_magic.steps.render.highlight import highlight_sql, sql_parts

PIECES = st.sampled_from(
    ["SELECT", "'it''s'", "`a b`", "-- x\n", "/* y", "*/", "1.5e3", "\n\n", "<b>", "$", "'", '"q"']
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=12).map(" ".join))
@example("SELECT /* a <b> */ 'x' -- end")
def test_highlighting_keeps_every_character(sql: str) -> None:
    """The pieces are the statement again, whatever it is: finished, broken or hostile."""
    assert "".join(part for _, part in sql_parts(sql)) == sql


def test_what_is_told_apart() -> None:
    """Keywords, texts, numbers and comments have a style each; names have none."""
    sql = "SELECT `a`, b -- c\nFROM t WHERE x = 'y' LIMIT 3"
    parts = {part: kind for kind, part in sql_parts(sql)}
    assert {parts[one] for one in ("SELECT", "FROM", "WHERE", "LIMIT")} == {"keyword"}
    assert (parts["'y'"], parts["3"], parts["b"], parts["`a`"]) == ("text", "number", "", "")
    assert [part for part, kind in parts.items() if kind == "comment"] == [" -- c\n"]


def test_highlighted_sql_is_escaped() -> None:
    """Markup in SQL is shown."""
    html = highlight_sql("SELECT '<script>' -- <img>\n\nFROM t")
    assert "<script>" not in html
    assert "<img>" not in html
    assert "\n\n" not in html


def linked(question: str, sql: str) -> dict[str, tuple[int, ...]]:
    """Return the linked words of a question with their steps."""
    links = explain_result(question, sql, None, ()).links
    return {question[one.start : one.end]: one.steps for one in links}


def test_words_of_the_question_lead_to_their_steps() -> None:
    """Columns by their parts, numbers, seasons and superlatives find the step that says them."""
    found = linked(
        "Which ten airlines had the worst average arrival delay in summer, on how many flights?",
        "SELECT a.name, avg(f.arr_delay) AS late, count(*) AS n FROM flights f JOIN airlines a "
        "ON f.carrier = a.carrier WHERE f.month IN (6, 7, 8) GROUP BY a.name "
        "ORDER BY late DESC LIMIT 10",
    )
    assert found["summer"] == (2,)
    assert found["ten"] == (6,)
    assert found["worst"] == (5,)
    assert found["average arrival delay"] == (4,)
    assert found["airlines"] == (1, 3)
    assert "Which" not in found


def test_words_that_no_step_says_stay_unlinked() -> None:
    """A word that the SQL does nothing about has no number behind it."""
    assert "winter" not in linked("How many flights in winter?", "SELECT count(*) FROM flights")


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4))
def test_links_lie_in_the_question(question: str, steps: list[str]) -> None:
    """Stretches follow one another within the question, and name steps that there are."""
    done = 0
    for link in link_words(question, steps):
        assert done <= link.start < link.end <= len(question)
        assert set(link.steps) <= set(range(len(steps)))
        done = link.end
