r"""The terminals that are the same for every catalog: keywords, operators, literals, functions.

llguidance's lexer looks one byte ahead and knows no word boundaries, so blanks belong to the
terminals: a keyword between two things takes those on both sides, one before something those
behind it, one after something those before it. An optional word is a terminal of its own, or
follows blanks that may end the terminal: ``DESC( NULLS LAST)?`` would not let ``DESC LIMIT`` pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlink_magic.steps.guard.functions import FUNCTIONS, NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")

_UNITS = "year|quarter|month|week|day|hour|minute|second"
_JOINS = (
    r"(?:(?:inner|cross|left|right|full)_)?join_|(?:left|right|full)_outer_join_"
    r"|left_(?:semi|anti)_join_|(?:left_)?(?:semi|anti)_join_"
)
_BOUND = r"(?:unbounded_(?:preceding|following)|current_row|[0-9]{1,6}_(?:preceding|following))"
_TYPES = (
    r"string|int|integer|bigint|smallint|tinyint|double|float|real|boolean|date|timestamp"
    r"|decimal(?:\([0-9]{1,2}(?:,[ ]?[0-9]{1,2})?\))?|(?:var)?char\([0-9]{1,4}\)"
)

BLANKS = r"(?: ?\n\n? *| )"
"""One blank, or a line that is broken and indented: with more leave, some models never stop."""

_GAP = re.compile(r"(?<!try)_")
# Letters in either case; "_" stands for blanks, "~" for blanks or nothing.
_WORDS = {
    "WS": "_",
    "ARITHMETIC": r"~(?:[*\/%&+-]|\|\|)~|_div_",
    "SELECT": "select_",
    "DISTINCT": "distinct_",
    "FROM": "_from_",
    "WHERE": "_where_",
    "GROUP_BY": "_group_by_",
    "HAVING": "_having_",
    "ORDER_BY": "_order_by_",
    "ORDER_BY_FIRST": "order_by_",
    "PARTITION_BY": "partition_by_",
    "DIRECTION": "_(?:asc|desc)",
    "NULLS": "_nulls_(?:first|last)",
    "LIMIT": "_limit_",
    "OFFSET": "_offset_",
    "SET_OPERATION": "_(?:union|except|intersect|minus)(?:_(?:all|distinct))?_",
    "WITH": "with_",
    "JOIN": f"_(?:{_JOINS})",
    "CROSS": r"_cross_join_|_natural_join_|~,~",
    "ON": "_on_",
    "USING": r"_using~\(~",
    "AS": "_as_",
    "AS_OPEN": r"_as~\(~",
    "AND": "_and_",
    "AND_OR": "_(?:and|or)_",
    "NOT": "not_",
    "EXISTS": r"exists~\(~",
    "IS": "_is_(?:not_)?(?:null|true|false)",
    "BETWEEN": "_(?:not_)?between_",
    "LIKE": "_(?:not_)?(?:like|ilike|rlike)_|_is_(?:not_)?distinct_from_",
    "IN": r"_(?:not_)?in~\(~",
    "CASE": "case_",
    "WHEN_FIRST": "when_",
    "WHEN": "_when_",
    "THEN": "_then_",
    "ELSE": "_else_",
    "END": "_end",
    "CAST": r"(?:try_)?cast\(~",
    "TYPE": _TYPES,
    "EXTRACT": rf"extract\(~(?:{_UNITS})_from_",
    "FILTER": r"_filter~\(~where_",
    "OVER": r"_over~\(~",
    "FRAME": f"_(?:rows|range)_between_{_BOUND}_and_{_BOUND}",
    "DAY_KIND": "date|timestamp",
    "INTERVAL": "interval",
    "LENGTH": f"_(?:'[0-9]{{1,6}}'|[0-9]{{1,6}})_(?:{_UNITS})s?",
    "COUNT_ALL": r"count\(~\*~\)",
}

_SIGNS = r"""
TAIL: /~(;~)?(```)?/
COMMA: /~,~/
LP: /\(~/
RP: /~\)/
LB: /\[/
RB: /\]/
STAR: "*"
SIGN: /[+-]/
COMPARE: /~(=|==|<=>|<>|!=|<|<=|>|>=)~/
COUNT: /[0-9]{1,9}/
DAY: /~'[0-9][0-9:. T-]{3,30}'/
LITERAL: NUMBER | TEXT | CONSTANT
NUMBER: /[0-9]{1,30}(\.[0-9]{1,20})?/
TEXT: /'([^'\\`\x00-\x1f]|''|\\[^`\x00-\x1f])*'/
CONSTANT: /null|true|false|current_date|current_timestamp/i
"""

# Functions of functions, sketches, files' formats and the like: a question has no use for them,
# and every name makes the grammar longer to compile.
_COMMON = """
    abs acos add_months any_value approx_count_distinct approx_percentile array array_agg
    array_contains array_distinct array_join array_max array_min array_position array_size
    array_sort ascii asin atan atan2 avg bigint bool_and bool_or boolean bround btrim cardinality
    cbrt ceil ceiling char_length character_length chr coalesce collect_list collect_set concat
    concat_ws contains corr cos count count_if covar_pop covar_samp cume_dist curdate current_date
    current_timestamp date date_add date_diff date_format date_from_unix_date date_part date_sub
    date_trunc dateadd datediff datepart day dayname dayofmonth dayofweek dayofyear decimal degrees
    dense_rank double element_at endswith every exp factorial find_in_set first first_value float
    floor format_number format_string from_unixtime get get_json_object greatest hour if ifnull
    ilike initcap instr int isnan isnotnull isnull json_array_length kurtosis lag last last_day
    last_value lcase lead least left len length levenshtein like listagg ln locate log log10 log2
    lower lpad ltrim make_date map_keys map_values max max_by mean median min min_by minute mod
    mode month monthname months_between next_day now nth_value ntile nullif nullifzero nvl nvl2
    percent_rank percentile percentile_approx percentile_cont percentile_disc pi pmod position pow
    power quarter radians rank regexp regexp_count regexp_extract regexp_extract_all regexp_like
    regexp_replace regexp_substr repeat replace reverse right rint rlike round row_number rpad
    rtrim second sequence sign signum sin size skewness some sort_array soundex space split
    split_part sqrt startswith std stddev stddev_pop stddev_samp string string_agg substr substring
    substring_index sum tan timestamp to_char to_date to_number to_timestamp to_unix_timestamp
    translate trim trunc try_add try_avg try_divide try_element_at try_multiply try_subtract
    try_sum try_to_date try_to_number try_to_timestamp ucase unix_timestamp upper var_pop var_samp
    variance weekday weekofyear width_bucket year zeroifnull
"""


def terminals_text(functions: Iterable[str]) -> str:
    """Return every terminal that holds no name of the catalog.

    Parameters
    ----------
    functions
        Functions that may be called beside the common ones.
    """
    return f"{_words_text()}\n{_signs_text()}{_functions_text(functions)}\n"


def _words_text() -> str:
    lines = (f"{name}: /{_blanks(regex)}/i" for name, regex in _WORDS.items())
    return "\n".join(lines)


def _signs_text() -> str:
    return _SIGNS.replace("~", f"{BLANKS}?")


def _blanks(regex: str) -> str:
    """Return a regular expression with what ``_`` and ``~`` stand for in its place."""
    return _GAP.sub(lambda _: BLANKS, regex).replace("~", f"{BLANKS}?")


def _functions_text(more: Iterable[str]) -> str:
    own = {re.escape(name.lower()) for name in more if _NAME.fullmatch(name)}
    names = sorted((FUNCTIONS & set(_COMMON.split())) | (own - NEVER))
    return rf"FUNCTION: /(?:{'|'.join(names)})\({BLANKS}?/i"
