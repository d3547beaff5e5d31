"""The rules: what a query is made of, and which names may stand where.

Five families of the same rules differ in the names that they let in:

``p``
    columns of the tables, and nothing else;
``a``
    behind a select list that gives names (``AS n``): those, too, which no grammar can list;
``d``
    a select list over a query in FROM: columns, and names that sound like something computed;
``f``
    what reads a named query or a query in FROM: any name, though a table keeps its own columns;
``n``
    a select list without FROM: no names at all.

A name is let in only behind the place that may have given it, because a model that has written an
unknown name could not take it back when the grammar gets to FROM.
"""

from __future__ import annotations

_FAMILIES = ("p", "a", "d", "f", "n")
# Which family a query has that stands inside of an expression of each family.
_INNER = {"p": "p", "a": "p", "d": "p", "f": "f", "n": "p"}

_STATEMENT = """
start: (query_p | with) TAIL?
with: WITH cte_p (COMMA cte_f)* WS query_f
cte_p: NAME AS_OPEN query_p RP
cte_f: NAME AS_OPEN query_f RP

query_p: core_p sets_p? order_p? limit?
    | core_a sets_p? order_a? limit?
    | core_d sets_p? order_f? limit?
sets_p: (SET_OPERATION (core_p | core_a | core_d))+
core_p: SELECT DISTINCT? list_p FROM from_p where_p? (group_p having_p?)?
    | LP query_p RP
core_a: SELECT DISTINCT? named_p FROM from_p where_p? (group_a having_a?)?
    | SELECT list_n
core_d: SELECT DISTINCT? list_d FROM from_d where_f? (group_f having_f?)?

query_f: core_f sets_f? order_f? limit?
sets_f: (SET_OPERATION core_f)+
core_f: SELECT DISTINCT? list_f FROM from_f where_f? (group_f having_f?)?
    | LP query_f RP

list_p: bare_p (COMMA bare_p)*
named_p: (bare_p COMMA)* given_p (COMMA (bare_p | given_p))*
bare_p: expr_p | STAR | table_star
given_p: expr_p AS (NAME | QUOTED)
list_d: item_d (COMMA item_d)*
item_d: (expr_d (AS (NAME | QUOTED))?) | STAR | table_star
list_f: item_f (COMMA item_f)*
item_f: (expr_f (AS (NAME | QUOTED))?) | STAR | table_star | FREE_OF STAR
list_n: item_n (COMMA item_n)*
item_n: expr_n (AS (NAME | QUOTED))?
table_star: (ALIAS_OF | TABLE_OF) STAR

from_p: source_p (join_p | CROSS source_p)*
source_p: TABLE ALIASED?
join_p: JOIN source_p (ON expr_p | USING names_p RP)
names_p: COLUMN (COMMA COLUMN)*
from_d: (from_p (JOIN derived ON expr_f | CROSS derived) | derived) more_d*
more_d: JOIN (source_p | derived) (ON expr_f | USING names_f RP) | CROSS (source_p | derived)
derived: LP query_p RP NAMED?
from_f: source_f (join_f | CROSS source_f)*
source_f: (TABLE | NAME) NAMED? | LP query_f RP NAMED?
join_f: JOIN source_f (ON expr_f | USING names_f RP)
names_f: (NAME | COLUMN) (COMMA (NAME | COLUMN))*
limit: LIMIT COUNT (OFFSET COUNT)?

column_p: COLUMN | OWNED | ALIAS_OF COLUMN
column_a: column_p | NAME | QUOTED
column_d: column_p | COMPUTED | ALIAS_OF COMPUTED
column_f: COLUMN | NAME | QUOTED | OWNED | FREE_OF (NAME | COLUMN)
"""

_FAMILY = """
where_@: WHERE expr_@
group_@: GROUP_BY row_@
having_@: HAVING expr_@
order_@: ORDER_BY keys_@
keys_@: key_@ (COMMA key_@)*
key_@: expr_@ DIRECTION? NULLS?

expr_@: test_@ (AND_OR test_@)*
test_@: NOT? (EXISTS query_# RP | sum_@ rest_@?)
rest_@: COMPARE sum_@ | LIKE sum_@ | IS | BETWEEN sum_@ AND sum_@ | IN among_@ RP
among_@: query_# | row_@
sum_@: SIGN? term_@ (ARITHMETIC term_@)*
term_@: column_@ (LB expr_@ RB)? | LITERAL | dated | call_@ | case_@ | LP (row_@ | query_#) RP
row_@: expr_@ (COMMA expr_@)*
call_@: (FUNCTION (DISTINCT? row_@)? RP | COUNT_ALL) filter_@? over_@?
    | CAST expr_@ AS TYPE RP
    | EXTRACT expr_@ RP
filter_@: FILTER expr_@ RP
over_@: OVER (parted_@ (ORDER_BY keys_@)? | ORDER_BY_FIRST keys_@)? FRAME? RP
parted_@: PARTITION_BY row_@
case_@: CASE (WHEN_FIRST | expr_@ WHEN) then_@ (WHEN then_@)* (ELSE expr_@)? END
then_@: expr_@ THEN expr_@
"""


def _family(letter: str) -> str:
    text = _FAMILY if letter != "n" else _FAMILY.replace("column_@ (LB expr_@ RB)? | ", "")
    return text.replace("@", letter).replace("#", _INNER[letter])


RULES = _STATEMENT + "".join(map(_family, _FAMILIES)) + "dated: DAY_KIND DAY | INTERVAL LENGTH\n"
"""All rules; the terminals that they name are elsewhere."""
