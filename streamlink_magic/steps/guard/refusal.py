"""How a rule says no."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818  it says no; nothing went wrong
    """A rule is broken.

    Parameters
    ----------
    rule
        The rule's short name.
    why
        One sentence for the reader.
    needle
        A name or a piece of the statement by which the clause is found.
    hint
        What to do about it.
    """

    def __init__(self, rule: str, why: str, needle: str = "", hint: str = "") -> None:
        super().__init__(rule, why, needle, hint)
        self.rule = rule
        self.why = why
        self.needle = needle
        self.hint = hint
