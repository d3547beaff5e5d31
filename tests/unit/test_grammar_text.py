"""The text of the grammar: which names are in it, and that it is the same for the same tables."""

import re

import pytest

from streamlink_magic.steps.grammar import sql_grammar
from streamlink_magic.steps.grammar.rules import RULES
from streamlink_magic.steps.guard.functions import FUNCTIONS, NEVER
from streamlink_magic.testing import table

PETS = table("pets", "name string, age int")
OWNERS = table("owners", "name string, full string")


def terminal(name: str, grammar: str) -> str:
    found = re.search(rf"^{name}: (.*)$", grammar, re.MULTILINE)
    assert found, name
    return found[1]


def test_the_same_tables_give_the_same_text_in_any_order() -> None:
    """A server finds a compiled grammar again by its text."""
    assert sql_grammar((PETS, OWNERS), "shop") == sql_grammar((OWNERS, PETS), "shop")


def test_names_are_spelled_as_the_prompt_spells_them() -> None:
    """What needs backticks has them."""
    grammar = sql_grammar((PETS, OWNERS), "shop")
    assert terminal("TABLE", grammar) == "/owners|pets/i"
    assert terminal("COLUMN", grammar) == r"/\`full\`|age|name/i"
    assert terminal("OWNED", grammar) == r"/owners\.(?:\`full\`|name)|pets\.(?:age|name)/i"


def test_a_table_of_another_database_is_named_with_it() -> None:
    """Its short name would be looked up in the current database."""
    away = table("visits", "day date", database="clinic")
    grammar = sql_grammar((PETS, away), "shop")
    assert terminal("TABLE", grammar) == r"/clinic\.visits|pets/i"


def test_an_alias_cannot_be_a_table_name() -> None:
    """Or else it would let in the columns of other tables."""
    grammar = sql_grammar((table("head", "age int"),), "shop")
    assert "head" in terminal("NO_ALIAS", grammar).strip("/i").split("|")
    assert terminal("TAKEN", grammar) == "/head/i"


@pytest.mark.parametrize("name", ["a`b", "a```b", "x\ny", "é à", "a/b", "a|b)(c"])
def test_any_name_makes_one_line(name: str) -> None:
    """A name cannot end the terminal that holds it, nor the answer."""
    grammar = sql_grammar((table("pets", f"{name.replace(' ', '_')} int, age int"),), "shop")
    assert re.fullmatch(r"/(\\.|[^/\\\n])*/i", terminal("COLUMN", grammar))
    assert "```" not in terminal("COLUMN", grammar).replace("\\", "")


def test_fields_of_a_struct_may_follow_it() -> None:
    """Their names are in its type, which nobody needs to read for that."""
    grammar = sql_grammar((table("pets", "chip struct<id:int>, age int"),), "shop")
    assert terminal("COLUMN", grammar) == r"/age|chip(?:\.[A-Za-z_][A-Za-z0-9_]*)*/i"


def test_many_names_are_taken_as_declared_only() -> None:
    """Letters of either case would take the server too long."""
    wide = table("wide", ", ".join(f"c{number} int" for number in range(501)))
    assert terminal("COLUMN", sql_grammar((wide,), "shop")).endswith("c99/")


def test_without_columns_there_is_no_grammar() -> None:
    """The answer is free then."""
    assert not sql_grammar((), "shop")


def test_functions_are_those_of_the_guard_and_of_the_policy() -> None:
    """What runs code is in no grammar, whatever a policy says."""
    grammar = sql_grammar((PETS,), "shop", functions=("my_udf", "reflect", "a|b"))
    names = set(re.findall(r"\w+", terminal("FUNCTION", grammar).split(r"\(")[0]))
    assert {"my_udf", "avg"} <= names
    assert not names & {*NEVER, "transform", "a"}
    assert names - {"my_udf"} <= FUNCTIONS


def test_every_rule_and_terminal_that_is_named_is_there() -> None:
    """The server would refuse the grammar otherwise."""
    grammar = sql_grammar((PETS,), "shop")
    defined = set(re.findall(r"^(\w+):", grammar, re.MULTILINE))
    used = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b|\b[A-Z][A-Z_]+\b", RULES))
    assert used <= defined
