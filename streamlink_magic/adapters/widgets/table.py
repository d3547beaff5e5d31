"""The rows that were fetched as a table that sorts and filters at a click, drawn by itables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamlink_magic.steps.render import phrases
from streamlink_magic.steps.render.order import rank_values
from streamlink_magic.steps.render.values import cut, format_column, is_numeric, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import QueryResult

_CELLS = 50_000  # what a browser still sorts while one looks
_NAME = 60
_PAGES = [10, 25, 100]


def sortable_table(result: QueryResult) -> Any:  # noqa: ANN401  itables has no types for mypy
    """Return a widget of the rows: the texts that the answer shows, ordered by their values.

    Each column is followed, out of sight, by the places of its values, so that numbers, dates and
    structs sort by what they are and not by how they read.

    Parameters
    ----------
    result
        The rows; of more than 50,000 cells the first are shown, and the caption says so.
    """
    import pandas as pd
    from itables.widget import ITable

    rows = result.rows[: max(1, _CELLS // max(1, len(result.columns)))]
    columns = [[row[index] for row in rows] for index in range(len(result.columns))]
    shown = [format_column(values) for values in columns]
    places = [rank_values(values) for values in columns]
    frame = pd.DataFrame(dict(enumerate([*shown, *places])), dtype=object)
    names = [visible(cut(column.name, _NAME)) for column in result.columns]
    frame.columns = pd.Index([*names, *names])
    return ITable(
        frame,
        caption=visible(phrases.row_count(result, len(rows))),
        text_in_header_can_be_selected=False,  # a click on it sorts
        allow_html=False,  # whatever the user has set for tables of their own
        columnDefs=_column_defs(columns),
        layout=_layout(len(rows)),
        order=[],
        pageLength=_PAGES[0],
        lengthMenu=_PAGES,
        scrollX=True,
        showIndex=False,
        maxBytes=0,
        maxRows=0,
        maxColumns=0,
        classes="display compact nowrap",
    )


def _layout(rows: int) -> dict[str, str | None]:
    """Return where the search stands, and the pages where there is more than one."""
    several = rows > _PAGES[0]
    return {
        "topStart": "search",
        "topEnd": "pageLength" if several else None,
        "bottomStart": "info" if several else None,
        "bottomEnd": "paging" if several else None,
    }


def _column_defs(columns: Sequence[Sequence[object]]) -> list[dict[str, object]]:
    width = len(columns)
    numbers = [index for index, values in enumerate(columns) if is_numeric(values)]
    order_by: list[dict[str, object]] = [
        {"targets": [index], "orderData": [width + index]} for index in range(width)
    ]
    return [
        {"targets": list(range(width, 2 * width)), "visible": False, "searchable": False},
        {"targets": numbers, "className": "dt-right"},
        *order_by,
    ]
