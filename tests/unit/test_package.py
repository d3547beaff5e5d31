"""The package as a whole: what it loads, what it exports, which way its imports go."""

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import streamlink_magic
from streamlink_magic import errors

HEAVY = {
    "pyspark", "py4j", "IPython", "ipywidgets", "openai", "httpx", "httpx2", "requests",
    "pandas", "numpy", "pyarrow", "sqlglot", "torch", "vllm", "typer", "rich",
}  # fmt: skip
ROOT = Path(streamlink_magic.__file__).parent


def test_importing_the_package_loads_nothing_heavy() -> None:
    """A kernel that only imports us pays for nothing that it does not use."""
    code = "import json, sys, streamlink_magic; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    roots = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert roots & HEAVY == set()


def test_every_public_name_is_there_and_described() -> None:
    """What ``__all__`` promises can be imported, documented and found by completion."""
    for name in streamlink_magic.__all__:
        assert getattr(streamlink_magic, name).__doc__
        assert name in dir(streamlink_magic)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """Lazy names do not swallow typing mistakes."""
    with pytest.raises(AttributeError, match="chekc_sql"):
        _ = streamlink_magic.chekc_sql


def test_every_module_imports_by_itself() -> None:
    """No module depends on another having been loaded first."""
    for module in pkgutil.walk_packages([str(ROOT)], "streamlink_magic."):
        if ".worker." not in module.name:  # scripts for the server's own Python
            importlib.import_module(module.name)


def test_every_error_is_in_the_tree_and_in_its_picture() -> None:
    """The module's docstring is the map of the tree."""
    own = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and one.__module__ == errors.__name__
    ]
    for one in own:
        assert issubclass(one, errors.StreamlinkError)
        assert one.__name__ in (errors.__doc__ or "")


def test_an_error_shows_cause_fix_and_sql_and_nothing_live() -> None:
    """A terminal escape in a name or message stays text."""
    error = errors.ExecutionError("bad \x1b[2J name", "Do this.")
    error.sql = "SELECT 1\nFROM t"
    lines = error._render_traceback_()
    assert lines[0] == "ExecutionError: bad \\x1b[2J name"
    assert "Do this." in lines[1]
    assert [line.strip() for line in lines[-2:]] == ["SELECT 1", "FROM t"]


def test_only_the_guard_can_seal_a_query() -> None:
    """No other module of the product touches the seal that makes a GuardedQuery."""
    users = {
        str(path.relative_to(ROOT).parts[:2])
        for path in ROOT.rglob("*.py")
        if "_SEAL" in path.read_text(encoding="utf-8")
    }
    assert users == {"('records', 'guarded.py')", "('steps', 'guard')"}
