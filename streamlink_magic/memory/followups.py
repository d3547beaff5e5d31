"""Whether a question stands by itself, or changes the one before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import TableSchema, Turn

# What opens a change of the question before, whatever follows.
_OPENING = re.compile(
    r"\s*(and|but|or|also|plus|only|just|now|then|instead|what about|how about|what if|same|"
    r"the same|again|rather|make (it|that|them)|not that|no,|ok,?|sort(ed)?|order(ed)?|group(ed)?|"
    r"split|break (it|that|them) down|limit|restrict|exclude|excluding|include|including|"
    r"remove|drop the|without|except|add)\b",
    re.IGNORECASE,
)
# What opens one only where no question of its own follows: "in 2013?", but not "In 2013, how …".
_PREPOSITION = re.compile(
    r"\s*(in|on|at|by|per|for|from|to|of|with|since|before|after|during|between|over|under|"
    r"above|below|as|when|where)\b",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\b(them|they|these|it|its|their|that one|those(?!\s+(who|that|which|with|of|in))|"
    r"the (same|previous|last|above) (one|ones|question|query|result|answer|list|table|rows?)|"
    r"the others?|of which)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(how|what|which|who|whose|whom|where|when|why|show|list|give|find|count|tell|name|is|are|"
    r"was|were|do|does|did|has|have)\b",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_HAN_OPENING = re.compile(
    r"\s*(那么?|那|再|还有|另外|只看?|仅|而且|并且|但是?|不过|换成|改成|改为|如果|其中|然后|去掉|"
    r"排除|不包括|加上|按|同样)"
)
_HAN_REFERENCE = re.compile(r"(这些|那些|它们?|他们|她们|其中|上面|上述|刚才|前面|同样)")
_HAN_FRAGMENT = re.compile(r"呢[??]?\s*$")
_HAN_ASKS = re.compile(r"(多少|几|哪|什么|谁|是否|列出|显示|找出|统计|计算|查询|怎么|如何)")
_SHORT_WORDS, _LONG_WORDS = 7, 18
_HAN_A_WORD = 2
_ENOUGH = 3


def turns_followed(
    question: str, turns: Sequence[Turn], tables: Sequence[TableSchema], limit: int
) -> tuple[Turn, ...]:
    """Return the earlier questions that this one follows on, the one that it changes last.

    Empty when it stands by itself: an earlier question would then only mislead.

    Parameters
    ----------
    turns
        The notebook's questions, oldest first.
    tables
        What is there to ask about; a question that names a table stands by itself.
    limit
        At most so many.
    """
    if not turns or limit < 1 or not is_follow_up(question, tables):
        return ()
    chain = [turns[-1]]
    for turn in reversed(turns[:-1]):
        if not chain[0].follows or len(chain) == limit:
            break
        chain.insert(0, turn)
    return tuple(chain)


def is_follow_up(question: str, tables: Sequence[TableSchema]) -> bool:
    """Return whether the question only makes sense after another.

    Cues are weighed: it opens like a change ("and", "only", "what about", 那…呢), points at
    something said before ("them", "these", 其中), is short, asks nothing by itself, names no table.

    Examples
    --------
    >>> is_follow_up("and only in winter?", ())
    True
    >>> is_follow_up("How many flights left in winter?", ())
    False
    """
    chinese = bool(_HAN.search(question))
    words = _length(question)
    if words > _LONG_WORDS:
        return False
    asks = _asks(question, chinese=chinese)
    named = _names_table(question, tables)
    change = not asks and bool((_HAN_OPENING if chinese else _OPENING).match(question))
    score = 2 * _opens(question, asks=asks, chinese=chinese)
    # In "each boat and its harbour" the table itself is what "its" points at.
    score += 2 * (not named and bool((_HAN_REFERENCE if chinese else _REFERENCE).search(question)))
    score += (words <= _SHORT_WORDS) + (not asks)
    score -= (1 if change else 2) * named
    return score >= _ENOUGH


def _opens(question: str, *, asks: bool, chinese: bool) -> bool:
    if chinese:
        fragment = not asks and _HAN_FRAGMENT.search(question)
        return bool(_HAN_OPENING.match(question) or fragment)
    return bool(_OPENING.match(question) or (not asks and _PREPOSITION.match(question)))


def _asks(question: str, *, chinese: bool) -> bool:
    """Return whether it holds a question of its own behind how it opens."""
    if chinese:
        return bool(_HAN_ASKS.search(question))
    opening = _OPENING.match(question)
    return bool(_ASKS.search(question[opening.end() :] if opening else question))


def _length(question: str) -> int:
    han = len(_HAN.findall(question))
    return len(re.findall(r"[^\W\u3400-\u9fff]+", question)) + -(-han // _HAN_A_WORD)


def _names_table(question: str, tables: Sequence[TableSchema]) -> bool:
    asked = set(words_of(question))
    named = (words_of(table.name.name) for table in tables)
    return any(words and set(words) <= asked for words in named)
