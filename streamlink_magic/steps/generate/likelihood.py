"""How surely the model wrote the names and values of a statement."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import sqlglot
from sqlglot.errors import SqlglotError

from streamlink_magic.records import Naming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import TokenLogprob

_NAMING = frozenset({"VAR", "IDENTIFIER", "STRING", "NUMBER"})
_CALL = "L_PAREN"
_EVEN = math.log(0.5)


def weigh_naming(sql: str, logprobs: Sequence[TokenLogprob]) -> Naming | None:
    r"""Return how surely a statement's names and values were written.

    Keywords, functions and signs are left out: they are how a query is put, and a model that
    hesitates between ``JOIN`` and ``IN`` may still be sure of what is asked for. Nothing is
    divided by the length: each further name is one more that may be the wrong one.

    Parameters
    ----------
    sql
        The statement as the model wrote it.
    logprobs
        The tokens of the answer that holds it.

    Returns
    -------
    Naming or None
        None where the tokens do not tell, or no name can be read.

    Examples
    --------
    >>> from streamlink_magic.records import TokenLogprob as T
    >>> weigh_naming("SELECT a", [T("SELECT", -0.5), T(" a", -1.25), T("\n", -1.0)])
    Naming(logprob=-1.25, wavered=('a',))
    """
    texts = [one.token for one in logprobs]
    begins = "".join(texts).find(sql) if texts else -1
    spans = _spans_of_names(sql)
    if begins < 0 or not spans:
        return None
    places = list(pairwise(accumulate(map(len, texts), initial=-begins)))
    named = [
        (sql[start:end], [one for one, place in enumerate(places) if _meet(place, (start, end))])
        for start, end in spans
    ]
    shared = {one for _, tokens in named for one in tokens}
    return Naming(
        logprob=sum(logprobs[one].logprob for one in shared),
        wavered=tuple(
            dict.fromkeys(
                name
                for name, tokens in named
                if sum(logprobs[one].logprob for one in tokens) < _EVEN
            )
        ),
    )


def _spans_of_names(sql: str) -> list[tuple[int, int]]:
    """Return where names and values stand, as begin and end; none where that cannot be read."""
    try:
        tokens = sqlglot.tokenize(sql, read="spark")
    except SqlglotError:
        return []
    return [
        (one.start, one.end + 1)
        for one, after in zip(tokens, [*tokens[1:], None], strict=True)
        if one.token_type.name in _NAMING and (after is None or after.token_type.name != _CALL)
    ]


def _meet(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Return whether two stretches share a character."""
    return first[0] < second[1] and second[0] < first[1]
