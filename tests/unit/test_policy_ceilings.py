"""Every ceiling of the policy file, and every way in which a user could try to loosen it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets import TraitError
from traitlets.config import Config

import streamlink_magic
from streamlink_magic import guard
from streamlink_magic.errors import OutsidePolicyError, PolicyFileError
from streamlink_magic.governance import places
from streamlink_magic.governance.reading import COSTS, NUMBERS, SWITCHES
from streamlink_magic.magics import AskMagics, load
from streamlink_magic.records import Verdict
from streamlink_magic.session import AskSession
from streamlink_magic.settings import AuditRules, Policy, Settings
from streamlink_magic.steps.guard.columns import hides, masks
from streamlink_magic.steps.guard.scope import Identity, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governed import PolicyFile

ADMIN_PAGE = Path(streamlink_magic.__file__).parents[1] / "docs" / "hub.md"
HERE = {"catalog": "spark_catalog", "database": "sales"}
ORDERS, PAY = Identity("orders", "sales", "spark_catalog"), Identity("pay", "hr", "spark_catalog")


class Notebook:
    """A shell with the extension, in which a question goes no further than its settings."""

    def __init__(self, shell: InteractiveShell, asked: list[Settings]) -> None:
        self.shell = shell
        self._asked = asked

    @property
    def magics(self) -> AskMagics:
        """The traits that a user may set."""
        magics: AskMagics = self.shell.magics_manager.registry["AskMagics"]
        return magics

    def ask(self, options: str = "") -> Settings:
        """Return the settings that a question is asked with; what stops it is raised."""
        ran = self.shell.run_cell(f"%%ask {options}\nHow many?")
        ran.raise_error()
        return self._asked[-1]

    def status(self) -> dict[str, tuple[str, str]]:
        """Return what ``%streamlink status`` shows, and the source beside it."""
        listing = self.shell.run_line_magic("streamlink", "status")
        return {row[0]: (row[1], row[2]) for row in listing.rows}


@pytest.fixture
def notebook(policy_file: PolicyFile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:  # noqa: ARG001  it must be bound first
    """Yield a notebook below the policy."""
    asked: list[Settings] = []

    def taken(_: AskSession, _request: object, settings: Settings) -> None:
        asked.append(settings)

    for name in ("STREAMLINK_BASE_URL", "STREAMLINK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(AskSession, "ask", taken)
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    load(shell)
    yield Notebook(shell, asked)
    InteractiveShell.clear_instance()


def by_config(notebook: Notebook, name: str, value: object) -> Settings:
    notebook.shell.run_line_magic("config", f"AskMagics.{name} = {value!r}")
    return notebook.ask()


def by_assignment(notebook: Notebook, name: str, value: object) -> Settings:
    setattr(notebook.magics, name, value)
    return notebook.ask()


def by_configuration_file(notebook: Notebook, name: str, value: object) -> Settings:
    notebook.magics.update_config(Config(AskMagics={name: value}))
    return notebook.ask()


WAYS = {"%config": by_config, "a trait": by_assignment, "a config file": by_configuration_file}
HIGH: dict[str, object] = {
    name: 10**7 if isinstance(getattr(Settings(), name), int) else 1e7 for name in NUMBERS
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_rises_above_its_limit(
    policy_file: PolicyFile, notebook: Notebook, name: str, way: str
) -> None:
    """However a user sets it, the policy's number is the most; its source is shown."""
    policy_file.write(f"[limits]\n{name} = 3")
    assert getattr(WAYS[way](notebook, name, HIGH[name]), name) == 3
    shown = notebook.status()[name]
    assert float(shown[0]) == 3
    assert shown[1] == f"policy file {policy_file.path}"
    assert getattr(WAYS[way](notebook, name, 2), name) == 2
    assert "policy file" not in notebook.status()[name][1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SWITCHES)
def test_no_switch_is_turned_on_again(
    policy_file: PolicyFile, notebook: Notebook, name: str, way: str
) -> None:
    """What the policy switches off stays off."""
    policy_file.write(f"[privacy]\n{name} = false")
    assert getattr(WAYS[way](notebook, name, value=True), name) is False


@pytest.mark.parametrize("way", WAYS)
def test_metadata_only_is_one_switch_over_all_that_holds_values(
    policy_file: PolicyFile, notebook: Notebook, way: str
) -> None:
    """Cells, examples, turns, terms and samples stay out, whatever a user turns on."""
    policy_file.write("[privacy]\nmetadata_only = true")
    for name in ("cells", "examples", "turns"):
        assert getattr(WAYS[way](notebook, name, 5), name) == 0
    for name in ("sample_values", "send_values"):
        assert getattr(WAYS[way](notebook, name, value=True), name) is False
    assert notebook.ask().memory_layers == ("joins",)


def test_rows_of_the_line_are_limited(policy_file: PolicyFile, notebook: Notebook) -> None:
    """An option of the line is a user's word like any other."""
    policy_file.write("[limits]\nrows = 20")
    assert notebook.ask("--rows 5000").rows == 20
    assert notebook.ask("--rows 5").rows == 5


MEMORY = '[privacy]\nmemory = ["joins"]'
AUDITED = '[audit]\npath = "/var/log/a.jsonl"\nrequired = true\n'
ENDPOINTS = '[model]\nendpoints = ["http://127.0.0.1:9/v1"]\nmodels = ["qwen"]'


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "http://evil.example/v1"),
        ("base_url", "http://127.0.0.1:9/v1@evil.example/v1"),
        ("base_url", "http://127.0.0.1:9@evil.example/v1"),
        ("base_url", "http://127.0.0.1:9/v1/../../other"),
        ("base_url", "https://127.0.0.1:9/v1"),
        ("model", "bigger"),
    ],
)
def test_no_other_server_or_model_is_asked(
    policy_file: PolicyFile, notebook: Notebook, name: str, value: str, way: str
) -> None:
    """One that the policy does not name is refused: quietly taking another would mislead."""
    policy_file.write(ENDPOINTS)
    with pytest.raises(OutsidePolicyError, match="does not allow"):
        WAYS[way](notebook, name, value)


def test_the_servers_variable_opens_no_other(
    policy_file: PolicyFile, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address from the environment is a user's word too."""
    policy_file.write(ENDPOINTS)
    monkeypatch.setenv("STREAMLINK_BASE_URL", "http://evil.example/v1")
    load(notebook.shell)
    with pytest.raises(OutsidePolicyError, match="does not allow the model server"):
        notebook.ask()


def test_a_model_of_the_line_is_refused(policy_file: PolicyFile, notebook: Notebook) -> None:
    """The option names a model outside the policy; the policy's own are taken."""
    policy_file.write(ENDPOINTS)
    with pytest.raises(OutsidePolicyError, match="'bigger'"):
        notebook.ask("--model bigger")
    asked = notebook.ask("--model qwen")
    assert (asked.model, asked.base_url) == ("qwen", "http://127.0.0.1:9/v1")
    assert notebook.ask().model == "qwen"


READ = """
[read]
databases = ["sales"]
denied_tables = ["sales.payroll"]
columns = ["orders.id", "orders.town", "orders.email"]
denied_columns = ["orders.iban"]
masked_columns = ["email"]
functions = []
denied_functions = ["upper"]
hints = []
udfs = ["score"]
paths = ["/data/open"]
on_disagreement = "refuse"
[limits]
max_scan_bytes = 1e6
"""
LOOSE = {
    "readable_tables": ["hr.*", "sales.*"],
    "databases": ["hr"],
    "denied_tables": [],
    "denied_columns": [],
    "masked_columns": [],
    "allowed_udfs": ["score", "leak"],
}


def require_tight(policy: Policy) -> None:
    """Assert that the ceilings of ``READ`` hold in a policy."""
    scope = scope_of(policy, HERE)
    assert scope.allows(ORDERS)
    assert not scope.allows(PAY)
    assert not scope.allows_in_view(PAY)
    assert not scope.allows(Identity("payroll", "sales", "spark_catalog"))
    assert hides(policy, ORDERS, "iban")
    assert hides(policy, ORDERS, "age")
    assert masks(policy, ORDERS, "email")
    assert "leak" not in policy.udfs
    assert policy.functions == ()
    assert "upper" in policy.denied_functions
    assert policy.hints == ()
    assert policy.on_disagreement == "refuse"
    assert policy.max_scan_bytes == 1e6
    assert [one.paths for one in policy.ceilings] == [("/data/open",)]
    assert policy.unlimited().ceilings[0].max_scan_bytes == 1e6


@pytest.mark.parametrize("way", WAYS)
def test_nothing_more_may_be_read(policy_file: PolicyFile, notebook: Notebook, way: str) -> None:
    """All at once, as somebody would who tries everything."""
    policy_file.write(READ)
    for name, value in LOOSE.items():
        settings = WAYS[way](notebook, name, value)
    require_tight(settings.policy)


OPENED = {
    'catalogs = ["spark_catalog"]': Identity("pay", "hr", "lake"),
    'databases = ["sales"]': PAY,
    'tables = ["sales.orders"]': PAY,
    'tables = ["sales.orders"]\nviews = ["shown"]': Identity("pay"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stated", OPENED)
def test_no_other_names_are_opened(
    policy_file: PolicyFile, notebook: Notebook, stated: str, way: str
) -> None:
    """Catalogs, databases, tables and views: a user who opens everything gets what is stated."""
    policy_file.write(f"[read]\n{stated}")
    settings = WAYS[way](notebook, "databases", ["sales", "hr"])
    for wide in (["*.*.*", "lake.*.*", "hr.*", "sales.*", "pay"], ["*"]):
        settings = WAYS[way](notebook, "readable_tables", wide)
        assert not scope_of(settings.policy, HERE).allows(OPENED[stated])
        assert not scope_of(settings.policy, HERE).allows_in_view(PAY) or "catalogs" in stated
    settings = WAYS[way](notebook, "readable_tables", ["sales.*"])
    assert scope_of(settings.policy, HERE).allows(ORDERS)


@pytest.mark.parametrize("way", WAYS)
def test_values_that_look_personal_stay_dropped(
    policy_file: PolicyFile, notebook: Notebook, way: str
) -> None:
    """Here it is on that is tight: nobody turns it off."""
    policy_file.write("[privacy]\ndrop_personal = true")
    assert WAYS[way](notebook, "drop_personal", value=False).drop_personal is True


@pytest.mark.parametrize("way", ["%config", "a trait"])
@pytest.mark.parametrize("name", ["audit", "hub_token_for", "memory_layers"])
def test_what_only_the_file_says_is_no_setting(
    policy_file: PolicyFile, notebook: Notebook, name: str, way: str
) -> None:
    """The audit, the token's way and the open layers cannot be named by a user at all."""
    policy_file.write(AUDITED + MEMORY)
    before = notebook.ask()
    try:
        after = WAYS[way](notebook, name, ())
    except TraitError:  # %config knows none of them
        after = notebook.ask()
    assert getattr(after, name) == getattr(before, name)
    assert after.audit == (AuditRules("/var/log/a.jsonl", required=True),)
    assert after.memory_layers == ("joins",)


def test_the_audit_of_a_second_file_comes_beside_the_first(
    policy_file: PolicyFile, notebook: Notebook
) -> None:
    """Whoever names a file of somebody else's is recorded twice, and the first stays required."""
    machine = policy_file.path.with_name("none.toml")
    machine.write_text(AUDITED)
    machine.chmod(0o644)
    policy_file.write('[audit]\npath = "/var/log/b.jsonl"\nrequired = false')
    kept = {(one.path, one.required) for one in notebook.ask().audit}
    assert kept == {("/var/log/a.jsonl", True), ("/var/log/b.jsonl", False)}


@pytest.mark.parametrize("name", COSTS)
def test_no_cost_of_a_query_rises_above_its_limit(
    policy_file: PolicyFile, notebook: Notebook, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a policy of the user's own nor ``answer.run()`` lifts it."""
    policy_file.write(f"[limits]\n{name} = 3")
    loose = Policy(**{name: 10**9})
    for policy in (notebook.ask().policy, checked_policy("SELECT 1", loose, monkeypatch)):
        assert getattr(policy, name) == 3
        lifted = policy.unlimited()
        assert min(getattr(one, name) for one in (lifted, *lifted.ceilings)) == 3


LOOSEST = Policy(
    tables=("sales.*", "hr.*"),
    columns=None,
    functions=("anything",),
    udfs=("score", "leak"),
    paths=("/",),
    max_scan_bytes=1e15,
)


def checked_policy(sql: str, policy: Policy | None, patch: pytest.MonkeyPatch) -> Policy:
    """Return the policy that ``check_sql`` really checks with."""
    seen: list[Policy] = []

    def check(_sql: str, used: Policy) -> Verdict:
        seen.append(used)
        return Verdict(allowed=False, rule="seen")

    patch.setattr(guard, "_require_live", lambda _: None)
    patch.setattr(guard, "is_connect", lambda _: False)
    patch.setattr(guard, "_own_checker", lambda *_: check)
    guard.check_sql(sql, session=object(), policy=policy)
    return seen[0]


@pytest.mark.parametrize("policy", [None, LOOSEST, Policy(databases=("sales",))])
def test_a_policy_given_to_check_sql_loosens_nothing(
    policy_file: PolicyFile, policy: Policy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever calls it with a policy of their own gets what both allow."""
    policy_file.write(READ)
    require_tight(checked_policy("SELECT 1", policy, monkeypatch))


def test_another_policy_file_named_in_a_cell_comes_too_late(
    policy_file: PolicyFile, notebook: Notebook, tmp_path: Path
) -> None:
    """The variable was read when the extension was loaded."""
    policy_file.write("[limits]\nrows = 20")
    mine = tmp_path / "mine.toml"
    mine.write_text("[limits]\nrows = 9999")
    for cell in (f"%env {places.VARIABLE}={mine}", f"%env {places.VARIABLE}="):
        notebook.shell.run_cell(cell).raise_error()
        assert notebook.ask("--rows 5000").rows == 20
    notebook.shell.run_cell("%reload_ext streamlink_magic")
    assert notebook.ask("--rows 5000").rows == 20


@pytest.mark.parametrize(
    "line", ["kept", "keep", 'term "late" = "delay > 15"', "terms", "export x.jsonl", "forget x"]
)
def test_a_layer_of_memory_that_is_closed_is_neither_read_nor_written(
    policy_file: PolicyFile,
    notebook: Notebook,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No command brings it back."""
    policy_file.write(MEMORY)
    monkeypatch.chdir(tmp_path)
    notebook.magics.asks.history.add(_view())
    with pytest.raises(OutsidePolicyError, match="closes this layer"):
        notebook.shell.run_line_magic("streamlink", line)
    assert not (tmp_path / ".streamlink").exists()


def _view() -> Any:  # noqa: ANN401
    from streamlink_magic.records import AnswerView, Explanation

    return AnswerView("q", "SELECT 1", Verdict(allowed=True, rule="ok"), Explanation("1"))


@pytest.mark.parametrize("line", ["ask how many?", "streamlink status", "streamlink tables"])
def test_a_broken_policy_stops_every_question(
    policy_file: PolicyFile, notebook: Notebook, line: str
) -> None:
    """It refuses to run rather than run open, and says so."""
    policy_file.write("[limits]\nrowz = 1")
    name, _, rest = line.partition(" ")
    with pytest.raises(PolicyFileError, match="rowz is unknown"):
        notebook.shell.run_line_magic(name, rest)


def test_a_broken_policy_leaves_other_cells_alone(
    policy_file: PolicyFile, notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cell of the user's own runs and prints nothing of ours; nothing is done behind it."""
    policy_file.write("[limits]\nrowz = 1")
    assert notebook.shell.run_cell("1 + 1", store_history=True).result == 2
    assert "policy" not in "".join(capsys.readouterr()).lower()
    assert notebook.magics._settings  # the extension is still there


def test_status_shows_what_the_file_says_and_whose_it_is(
    policy_file: PolicyFile, notebook: Notebook
) -> None:
    """Who reads it knows what holds, why, and whom to ask."""
    policy_file.write(READ + '[audit]\npath = "/var/log/audit.jsonl"\n' + ENDPOINTS)
    rows = notebook.status()
    assert str(policy_file.path) in rows["policy file"][0]
    assert "belongs to" in rows["policy file"][0]
    assert rows["policy file: masked_columns"] == ("email", str(policy_file.path))
    assert rows["policy file: tables"][0] == "sales.*"
    assert rows["policy file: endpoints"][0] == "http://127.0.0.1:9/v1"
    assert "required, question and SQL hashed" in rows["policy file: audit"][0]
    assert rows["base_url"] == ("http://127.0.0.1:9/v1", f"policy file {policy_file.path}")


def test_a_policy_changed_by_the_admin_holds_for_the_next_question(
    policy_file: PolicyFile, notebook: Notebook
) -> None:
    """Nobody has to restart a kernel to be bound."""
    assert notebook.ask("--rows 500").rows == 500
    policy_file.write("[limits]\nrows = 20")
    assert notebook.ask("--rows 500").rows == 20
