from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from streamlink_magic.records import (
    AnswerView,
    Check,
    Column,
    Explanation,
    Link,
    PhaseTime,
    QueryResult,
    SentPart,
    Verdict,
)
from streamlink_magic.steps.render import mimebundle, render_html, render_text
from streamlink_magic.steps.render.values import visible

TAGS = {
    "div",
    "span",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "pre",
    "code",
    "ol",
    "ul",
    "li",
    "i",
    "b",
    "sup",
}
ATTRIBUTES = {"class", "dir", "style", "scope", "align", "title", "open", "tabindex"}
ATTRIBUTES |= {"data-lm-suppress-shortcuts"}
HOSTILE = (
    "</code></pre><img src=x onerror=alert(1)><script>alert(2)</script>\"'&lt;${{x}}\x00\x1b[2J"
)


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: set[str] = set()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its attributes."""
        self.tags.add(tag)
        self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values |= {f"{name}={value}" for name, value in attrs}

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that is open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        """Refuse what the page never holds."""
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def view_of(text: str) -> AnswerView:
    """Return an answer that holds the text wherever text can be."""
    return AnswerView(
        question=text,
        sql=text,
        verdict=Verdict(False, text, text, text, tables=(text,), plan=(text,)),
        explanation=Explanation(text, (text,), (Link(0, len(text) // 2, (0,)),)),
        result=QueryResult(
            (Column(text, text),), ((text,), ({text: text},), (text.encode("utf-8", "replace"),))
        ),
        checks=(Check(text, text), Check("warning", text)),
        repairs=(text,),
        sent=(SentPart(text, text),),
        times=(PhaseTime(text, 1.0),),
        model=text,
        status=text,
    )


def check_inert(text: str) -> None:
    """Assert that the text adds no markup to the page and is told by it."""
    page = Reader(render_html(view_of(text)))
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert page.open == []
    told = "".join(page.texts)
    assert visible(text) in told
    assert visible(text, lines=True) in told


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("<>&\"'/=!-[]$\\ \n\t\r\x00\u202e"), st.characters())
    )
)
def test_any_text_is_text(text: str) -> None:
    """Whatever a field holds, the page has only its own tags and the text is read back whole."""
    check_inert(text[:40])


def test_hostile_text() -> None:
    """Markup from a model, a table or an exception is shown as it was written."""
    check_inert(HOSTILE)


def test_structure() -> None:
    """A table has a caption and scoped headings, numbers stand right, and a null is told apart."""
    columns = (Column("name", "string"), Column("n", "bigint"))
    answer = QueryResult(columns, (("UA", 58665), (None, 7)), more=True)
    html = render_html(dataclasses.replace(view_of("q"), result=answer))
    assert "2 of more than 2 rows; only the first 2 were fetched</span></caption>" in html
    assert html.count('<th scope="col"') == 2
    assert '<td dir="auto" align="right" style="text-align:right;' in html
    assert '<i style="opacity:0.75">null</i>' in html
    assert ">58665</td>" in html


def test_survives_sanitisers() -> None:
    """Nothing is used that front ends strip from notebooks that they do not trust."""
    html = render_html(view_of("q"))
    assert not [
        word for word in ("<style", "<script", "<svg", "aria-", "var(--", "role=") if word in html
    ]


def test_folds() -> None:
    """Each part that holds something can be opened, the SQL stands open; empty parts are absent."""
    html = render_html(view_of("q"))
    folds = [part.partition("<")[0] for part in html.split('cursor:pointer">')[1:]]
    top = [fold for fold in folds if fold != "q · 1 bytes"]
    assert top == ["SQL", "How", "Checks", "Sent to the model · 1 bytes", "Plan", "Times"]
    assert html.count("<details open") == 1
    bare = AnswerView("q", "SELECT 1", Verdict(allowed=True, rule="ok"), Explanation("1"))
    assert render_html(bare).count("<details") == 1


def test_code_breaks_between_words() -> None:
    """Lab and nbconvert would break it in the middle of a name; the style of the output wins."""
    html = render_html(view_of("q"))
    assert html.count("<pre") == html.count("word-break:normal") > 0


def test_sent_parts_are_grouped_and_whole() -> None:
    """What left the kernel stands under its kind, to the letter."""
    parts = (
        SentPart("schema", "CREATE\n  <t>"),
        SentPart("cells", "x = 1"),
        SentPart("schema", "b"),
    )
    page = Reader(render_html(dataclasses.replace(view_of("q"), sent=parts)))
    start = page.texts.index("Table and column names · 13 bytes")
    assert page.texts[start : start + 6] == [
        "Table and column names · 13 bytes",
        "CREATE\n  <t>",
        "b",
        "Source of notebook cells · 5 bytes",
        "x = 1",
        "Rows of results and outputs of cells: never sent.",
    ]


def test_repairs_are_told_once() -> None:
    """A repair that the explanation already tells is not told again."""
    view = dataclasses.replace(
        view_of("q"),
        repairs=("a became b",),
        explanation=Explanation("h", ("Corrected: a became b",)),
    )
    assert render_html(view).count("a became b") == 1


def test_sizes() -> None:
    """All of 200 columns are there to scroll; of a huge result only a part makes up the page."""
    columns = tuple(Column(f"c{index}", "int") for index in range(200))
    view = dataclasses.replace(
        view_of("q"), result=QueryResult(columns, (tuple(range(200)),) * 5000)
    )
    html = render_html(view)
    assert html.count('<th scope="col"') == 200
    assert "50 of 5,000 rows</span></caption>" in html
    assert 'style="overflow:auto' in html


def test_empty_results() -> None:
    """No rows keep their headings; no columns are no error."""
    empty = dataclasses.replace(view_of("q"), result=QueryResult((Column("a", "int"),), ()))
    assert "0 rows</span></caption><thead><tr><th" in render_html(empty)
    nothing = dataclasses.replace(view_of("q"), result=QueryResult((), ()))
    assert "0 rows</span></caption>" in render_html(nothing)


def test_mimebundle() -> None:
    """The bundle holds both forms under their mime types."""
    view = view_of("q")
    assert mimebundle(view) == {"text/plain": render_text(view), "text/html": render_html(view)}
