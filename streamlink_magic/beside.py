"""What stands beside an answer: what could come next, as words that stay and as controls."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from streamlink_magic.adapters.display import replace_display
from streamlink_magic.adapters.widgets import Actions, show_controls
from streamlink_magic.errors import AskUsageError
from streamlink_magic.steps.render.values import visible
from streamlink_magic.stopping import Stoppable

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.adapters.widgets import Controls
    from streamlink_magic.answer import Answer

_TYPED = (
    ("%streamlink keep", "the answer is right: remember it"),
    ("%%ask --sql", "the SQL as you change it, on the lines below"),
    ("%ask But that is wrong: …", "say what is wrong"),
    ("%ask …", "ask on; what was asked before is known"),
    ("%streamlink cell", "the SQL as a cell of its own"),
)
# Words and controls are two displays. While the controls live, the words are hidden; in a saved
# notebook no kernel stands behind the controls, and the front end would show an error in their
# place: it is hidden, and the words stay. Where styles are dropped (untrusted), the front end does
# not try the controls.
_STYLE = """\
<style>
.jp-OutputArea-child:has(.streamlink-next):has(~ .jp-OutputArea-child .widget-box)
{display: none}
.jp-OutputArea-child:has(.streamlink-next) ~ .jp-OutputArea-child
> .jp-OutputArea-output:not(:has(*)) {display: none}
</style>"""


def next_words(answer: Answer) -> dict[str, str]:
    """Return what could be typed next, by mime type; it is what a saved notebook keeps."""
    asked = [(f"%ask --next {n}", text) for n, text in enumerate(answer.suggestions, 1)]
    lines = [(typed, visible(told)) for typed, told in (*asked, *_TYPED)]
    rows = "".join(
        f'<tr><td style="text-align:left"><code>{escape(typed)}</code></td>'
        f'<td dir="auto" style="text-align:left">{escape(told)}</td></tr>'
        for typed, told in lines
    )
    head = '<tr><th scope="col">type</th><th scope="col">to</th></tr>'
    page = (
        f'{_STYLE}<details class="streamlink-next mathjax_ignore tex2jax_ignore">'
        '<summary style="cursor:pointer">What next</summary>'
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table></details>"
    )
    width = max(len(typed) for typed, _ in lines)
    text = "\n".join(f"  {typed:<{width}}  {told}" for typed, told in lines)
    return {"text/plain": f"What next:\n{text}", "text/html": page}


def suggested(answer: Answer, number: int) -> str:
    """Return one of an answer's suggestions, counted from 1.

    Raises
    ------
    AskUsageError
        When there is none of that number.
    """
    known = answer.suggestions
    if not 0 < number <= len(known):
        there = f"there are {len(known)}" if known else "there are none for this answer"
        raise AskUsageError(f"There is no suggestion {number}; {there}: %streamlink next")
    return known[number - 1]


def python_cell(sql: str, session: str) -> str:
    """Return the source of a Python cell that runs a statement.

    Parameters
    ----------
    session
        The variable that holds the Spark session; empty where none does.
    """
    plain = '"""' not in sql and "\\" not in sql
    text = f'"""\n{sql}\n"""' if plain else repr(sql)
    return f"{session or 'spark'}.sql({text})"


def offer_controls(
    shell: Any,  # noqa: ANN401
    answer: Answer,
    display_id: str,
    *,
    ask: Callable[[str], object],
    cell: str,
) -> Controls | None:
    """Show the controls of an answer, where somebody could press them.

    Parameters
    ----------
    display_id
        Where the answer stands; what changes it is shown there.
    ask
        Asks another question, with controls of its own.
    cell
        The source of a cell that runs the SQL by itself.
    """
    deeds = _Deeds(shell, answer, display_id, ask)
    waits = answer.view.result is None
    return show_controls(
        shell,
        Actions(
            sql=answer.sql,
            cell=cell,
            keep=deeds.keep,
            edit=deeds.edit,
            ask=deeds.ask,
            stop=deeds.stop,
            rows=lambda: answer.view.result,
            run=deeds.run if waits else None,
            suggestions=answer.suggestions,
            warning=answer.view.status if waits else "",
        ),
    )


class _Deeds:
    """What the controls of one answer do, each until its end or until it is stopped."""

    def __init__(
        self,
        shell: Any,  # noqa: ANN401
        answer: Answer,
        display_id: str,
        ask: Callable[[str], object],
    ) -> None:
        self._shell = shell
        self._answer = answer
        self._display_id = display_id
        self._ask = ask
        self.stop = Stoppable()

    def keep(self) -> str:
        entry = self._answer.keep()
        return f"Kept as {entry.id}. Take it out again with: %streamlink forget {entry.id}"

    def ask(self, question: str) -> None:
        with self.stop:
            self._ask(question)

    def edit(self, sql: str) -> str:
        with self.stop:
            self._answer.edit(sql)
        return self._replaced("Your SQL was run; the answer above is its own.")

    def run(self) -> str:
        with self.stop:
            self._answer.run()
        return self._replaced("Run on request.")

    def _replaced(self, said: str) -> str:
        replace_display(self._shell, self._display_id, *self._answer._repr_mimebundle_())
        return said
