"""Single conditions in words: comparisons, ranges, lists, patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from streamlink_magic.steps.explain.computations import holds_more

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlink_magic.steps.explain.words import Words

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "is",
    exp.NullSafeEQ: "is the same as",
    exp.NEQ: "is not",
    exp.GT: "is more than",
    exp.GTE: "is at least",
    exp.LT: "is less than",
    exp.LTE: "is at most",
    exp.RegexpLike: "matches the pattern",
}


def say_predicate(words: Words, node: exp.Expr, *, no: str = "") -> str:
    """Return one condition; ``no`` is ``"not "`` where it must not hold."""
    if holds_more(node):
        text = words.value(node)
        return f"not ({text})" if no else text
    if say := _PREDICATES.get(type(node)):
        return say(words, node, no)
    if type(node) not in _COMPARISONS:
        return words.value(node)
    word = "equals" if _compares_columns(node) else _COMPARISONS[type(node)]
    return f"{words.value(node.this)} {word} {words.value(node.expression)}"


def can_be_denied(node: exp.Expr) -> bool:
    """Return whether the condition has a wording of its own for the opposite."""
    return type(node) in _PREDICATES


def _in(words: Words, node: exp.Expr, no: str) -> str:
    query = node.args.get("query")
    choices = f"({words.query(query)})" if query else words.listed(node.expressions)
    return f"{words.value(node.this)} is {no}one of {choices}"


def _between(words: Words, node: exp.Expr, no: str) -> str:
    low, high = words.value(node.args["low"]), words.value(node.args["high"])
    return f"{words.value(node.this)} is {no}between {low} and {high}"


def _is(words: Words, node: exp.Expr, no: str) -> str:
    return f"{words.value(node.this)} is {no}{words.value(node.expression).lower()}"


def _exists(words: Words, node: exp.Expr, no: str) -> str:
    return f"there is {'no' if no else 'a'} row {words.query(node.this, named=False)}"


def _like(words: Words, node: exp.Expr, no: str) -> str:
    # NOT LIKE is an argument of the node; NOT IN and the others are wrapped in a Not.
    no = "not " if bool(no) != bool(node.args.get("negate")) else ""
    subject, pattern = words.value(node.this), node.expression
    case = " in any case" if isinstance(node, exp.ILike) else ""
    text = pattern.name if isinstance(pattern, exp.Literal) else ""
    core = text.strip("%")
    shapes = {f"%{core}%": "contain", f"{core}%": "start{} with", f"%{core}": "end{} with"}
    if not core or text not in shapes or set(core) & set("%_\\"):
        return f"{subject} is {no}like {words.value(pattern)}{case}"
    verb = shapes[text] if "{}" in shapes[text] else shapes[text] + "{}"
    told = f"does not {verb.format('')}" if no else verb.format("s")
    return f"{subject} {told} '{core}'{case}"


def _compares_columns(node: exp.Expr) -> bool:
    sides = (node.this, node.expression)
    return isinstance(node, exp.EQ) and all(isinstance(side, exp.Column) for side in sides)


_PREDICATES: dict[type[exp.Expr], Callable[[Words, exp.Expr, str], str]] = {
    exp.In: _in,
    exp.Between: _between,
    exp.Is: _is,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Exists: _exists,
}
