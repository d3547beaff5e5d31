"""Whether a question stands by itself, or changes the one before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlink_magic.records import TableSchema, Turn

# What ties a question to the one before, whatever follows.
_CONNECTOR = re.compile(
    r"\s*(and|but|or|also|plus|then|instead|what about|how about|what if|again|rather|not that|"
    r"no,|ok,?)(?!\w)|\s*(那么|那(?![些个种])|再|还有|另外|而且|并且|但是?|不过|然后)",
    re.IGNORECASE,
)
# What opens a change only where no question of its own follows: "only May", but not "Only in
# which months …", and "without delays", but not "Without delays, how many …".
_LIMITER = re.compile(
    r"\s*(only|just|now|same|the same|make (it|that|them)|sort(ed)?|order(ed)?|group(ed)?|split|"
    r"break (it|that|them) down|limit|restrict|exclude|excluding|include|including|remove|"
    r"drop the|without|except|add)(?!\w)|"
    r"\s*(只|仅|换成|改成|改为|如果|其中|去掉|排除|不包括|加上|同样)",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(
    r"\s*(in|on|at|by|per|for|from|to|of|with|since|before|after|during|between|over|under|"
    r"above|below|as|when|where)(?!\w)|\s*按|.*呢[??]?\s*\Z",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\b(them|these|that one|those(?!\s+(who|that|which|with|of|in))|of which|the others?|"
    r"the (same|previous|last|above) (ones?|question|query|result|answer|list|table|rows?))\b|"
    r"这些|它们?|他们|她们|其中|上面|上述|刚才|前面",
    re.IGNORECASE,
)
# A pronoun that no noun stands before can only mean something said earlier.
_PRONOUN = re.compile(
    r"\W*((what|which|how \w+|who|when|where|why|is|are|was|were|do|does|did|has|have|had|can|"
    r"list|show|give|me|of|all|and|but|the)\W+)*(it|its|they|their)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(how|what|which|who|whose|whom|where|when|why|show|list|give|find|count|tell|"
    r"name (the|all|each)|is|are|was|were|do|does|did|has|have)\b|"
    r"多少|几|哪|什么|谁|是否|列出|显示|找出|统计|计算|查询|怎么|如何",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u3400-\u9fff]")
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
    words = _length(question)
    if words > _LONG_WORDS:
        return False
    connector = _CONNECTOR.match(question)
    asks = bool(_ASKS.search(question[connector.end() :] if connector else question))
    change = not asks and bool(connector or _LIMITER.match(question))
    opens = connector or change or (not asks and _PREPOSITION.match(question))
    named = _names_table(question, tables)
    # In "these airports and their country" the table itself is what is pointed at.
    refers = not named and (_REFERENCE.search(question) or _PRONOUN.match(question))
    score = 2 * bool(opens) + 2 * bool(refers) + (words <= _SHORT_WORDS) + (not asks)
    return score - (1 if change else 2) * named >= _ENOUGH


def _length(question: str) -> int:
    han = len(_HAN.findall(question))
    return len(re.findall(r"[^\W\u3400-\u9fff]+", question)) + -(-han // _HAN_A_WORD)


def _names_table(question: str, tables: Sequence[TableSchema]) -> bool:
    asked = set(words_of(question))
    named = (words_of(table.name.name) for table in tables)
    return any(words and set(words) <= asked for words in named)
