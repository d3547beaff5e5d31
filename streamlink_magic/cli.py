"""``streamlink``: serve a model, try the demo, look for what is missing, check SQL, measure."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003  typer reads the annotations
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamlink_magic.errors import StreamlinkError
from streamlink_magic.settings import Policy, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from streamlink_magic.settings import Replay

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Ask a Spark notebook in plain words, with a model on your own machine.",
)
bench = typer.Typer(no_args_is_help=True, help="Measure the parts, beside each other in one run.")
app.add_typer(bench, name="bench")
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Show an expected failure as cause and fix, and end with exit code 1.

    A polite kill ends the command as Ctrl-C does, so that what it started is stopped with it.
    """
    before = signal.signal(signal.SIGTERM, _ended)
    try:
        yield
    except StreamlinkError as error:
        _err.print(Text(f"{type(error).__name__}: {error.message}", style="red"))
        if error.hint:
            _err.print(Text(f"  → {error.hint}"))
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        _err.print("Stopped.")
        raise typer.Exit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _ended(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@app.command()
def serve(
    vllm: Annotated[
        list[str] | None,
        typer.Argument(help="After --: further arguments for vLLM, passed on as they are."),
    ] = None,
    *,
    model: Annotated[
        str,
        typer.Option(
            help="Folder, .gguf file, org/name@revision, or qwen2.5-coder-0.5b. Empty: the default."
        ),
    ] = "",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    dtype: Annotated[
        str, typer.Option(help="auto, int8 or bfloat16. auto: int8 on a CPU.")
    ] = "auto",
    port: Annotated[
        int | None, typer.Option(help="TCP port on loopback. Empty: a free one.")
    ] = None,
    max_model_len: Annotated[int, typer.Option(help="Tokens of prompt and answer.")] = 8192,
    kv_cache_gib: Annotated[int, typer.Option(help="Memory of the key-value cache, GiB.")] = 2,
    all_cores: Annotated[
        bool, typer.Option("--all-cores", help="CPU: leave no core free. For a quiet machine.")
    ] = False,
    eager: Annotated[
        bool, typer.Option("--eager", help="No compilation: starts sooner, answers slower.")
    ] = False,
    server_python: Annotated[
        Path | None, typer.Option(help="A Python that has vLLM, instead of the managed one.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the server that runs.")] = False,
    print_command: Annotated[
        bool, typer.Option("--print-command", help="Print the command line, start nothing.")
    ] = False,
) -> None:
    """Start a local model server, or say that it runs already."""
    from streamlink_magic.serving import ServeOptions, server_command, start_server, stop_server
    from streamlink_magic.serving.console import TerminalProgress

    if device not in {"auto", "cpu", "cuda"}:
        raise typer.BadParameter("auto, cpu or cuda", param_hint="--device")
    if dtype not in {"auto", "int8", "bfloat16"}:
        raise typer.BadParameter("auto, int8 or bfloat16", param_hint="--dtype")
    options = ServeOptions(
        model=model,
        device=device,  # type: ignore[arg-type]  # checked above
        dtype=dtype,  # type: ignore[arg-type]  # checked above
        port=port,
        max_model_len=max_model_len,
        kv_cache_gib=kv_cache_gib,
        all_cores=all_cores,
        eager=eager,
        server_python=server_python,
        extra_args=tuple(vllm or ()),
    )
    with _plain_errors():
        if stop:
            _out.print("Stopped." if stop_server() else "No server of ours was running.")
        elif print_command:
            _out.print(server_command(options), markup=False)
        else:
            with TerminalProgress() as progress:
                endpoint = start_server(options, progress=progress)
            _out.print(f"{endpoint.model} answers at {endpoint.base_url}", markup=False)
            _out.print(f"Log: {endpoint.log_path}", markup=False)
            _out.print("Your notebooks find it by themselves. To stop it: streamlink serve --stop")


@app.command()
def demo() -> None:
    """Ask real questions about real flights, through the real magic."""
    from streamlink_magic.demo import run_demo

    with _plain_errors():
        failed = run_demo()
    raise typer.Exit(1 if failed else 0)


@app.command()
def doctor() -> None:
    """Look at Python, Java, Spark, endpoint, model, disk and memory; say what to fix."""
    from streamlink_magic.doctor import examine

    missing = 0
    for finding in examine():
        mark = "[green]ok [/]" if finding.ok else "[red]fix[/]"
        _out.print(f"{mark} {finding.name:<11}", end="")
        _out.print(finding.seen, markup=False)
        if not finding.ok:
            missing += 1
            _out.print(f"    → {finding.fix}", markup=False)
    raise typer.Exit(1 if missing else 0)


@app.command()
def guard(
    file: Annotated[Path, typer.Argument(help='JSON Lines with "id", "sql" and maybe "db".')],
    out: Annotated[Path, typer.Option(help="Where the verdicts go, as JSON Lines.")],
    schema: Annotated[
        Path | None,
        typer.Option(
            help='JSON of {database: {table: ["column type", ...]}}; empty tables are made of it.'
        ),
    ] = None,
    tables: Annotated[
        str, typer.Option(help="Tables that may be read: db.table or db.*, with commas.")
    ] = "",
) -> None:
    """Check SQL statements; nothing is run."""
    from streamlink_magic.adapters.spark.create import create_session
    from streamlink_magic.guard import guard_file
    from streamlink_magic.samples import make_empty_tables

    names = tuple(name.strip() for name in tables.split(",") if name.strip())
    with _plain_errors():
        spark = create_session()
        if schema is not None:
            names = names or tuple(f"{one}.*" for one in make_empty_tables(spark, schema))
        policy = Policy(tables=names or None)
        with _err.status("Checking") as status:
            guard_file(
                file,
                out,
                session=spark,
                policy=policy,
                progress=lambda _, detail="": status.update(f"Checking {detail}"),
            )
    _out.print(f"Verdicts: {out}", markup=False)


@bench.command("guard")
def bench_guard(
    file: Annotated[Path, typer.Argument(help='JSON Lines with "sql" and maybe "db", "class".')],
    schema: Annotated[
        Path | None,
        typer.Option(
            help='JSON of {database: {table: ["column type", ...]}}; empty tables are made of it.'
        ),
    ] = None,
    tables: Annotated[
        str, typer.Option(help="Tables that may be read: db.table or db.*, with commas.")
    ] = "",
    rounds: Annotated[int, typer.Option(min=2, help="How often each is checked.")] = 3,
) -> None:
    """Check the statements of a file and tell how long it takes; nothing is run."""
    from streamlink_magic.adapters.spark.create import create_session
    from streamlink_magic.guard_speed import measure_guard
    from streamlink_magic.samples import make_empty_tables

    names = tuple(name.strip() for name in tables.split(",") if name.strip())
    with _plain_errors():
        spark = create_session()
        if schema is not None:
            names = names or tuple(f"{one}.*" for one in make_empty_tables(spark, schema))
        told = measure_guard(
            file, session=spark, policy=Policy(tables=names or None), rounds=rounds
        )
    _out.print(told, markup=False)


@app.command()
def fuzz(
    count: Annotated[int, typer.Option(help="How many statements.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same statements.")] = 0,
) -> None:
    """Look for SQL that the guard allows and that sqlglot reads differently than Spark."""
    from streamlink_magic.fuzzing.command import run_fuzz

    with _plain_errors():
        report = run_fuzz(count, seed)
    _out.print(report.text(), markup=False)
    raise typer.Exit(1 if report.allowed else 0)


@app.command("eval")
def evaluate_set(
    benchmark: Annotated[Path, typer.Argument(metavar="SET", help="Folder of a benchmark set.")],
    out: Annotated[
        Path, typer.Option(help="Predictions, JSON Lines; an existing file is resumed.")
    ],
    ids: Annotated[Path | None, typer.Option(help="File of question ids.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many questions.")] = None,
    seed: Annotated[int, typer.Option(help="Which sample --limit takes.")] = 0,
    report: Annotated[Path | None, typer.Option(help="Where the JSON report goes.")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="A plain zero-shot prompt instead of the pipeline.")
    ] = False,
    compare_with: Annotated[
        Path | None, typer.Option("--compare", help="An earlier report, for a paired comparison.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Questions asked at once. Times are a question's own at 1.")
    ] = 1,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="NAME", help="A step to leave out, such as retries."),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME=VALUE", help="A setting with another value."),
    ] = None,
    details: Annotated[
        Path | None, typer.Option(help="Where a line a question goes: words, gold, outcome.")
    ] = None,
) -> None:
    """Ask the questions of a benchmark set through the pipeline of %%ask, and score them."""
    from streamlink_magic.evaluation.command import EvalRequest, run_eval

    settings = Settings(
        base_url=os.environ.get("STREAMLINK_BASE_URL", ""),
        api_key=os.environ.get("STREAMLINK_API_KEY", ""),
        turns=0,
        cells=0,
        replay=_replay_mode(),
    )
    request = EvalRequest(
        benchmark,
        out,
        ids,
        limit,
        seed,
        report,
        plain,
        compare_with,
        workers,
        tuple(without or ()),
        tuple(given or ()),
        details,
    )
    with _plain_errors():
        _out.print(run_eval(request, settings, _err), markup=False)


def _replay_mode() -> Replay:
    """Return ``replay`` where recorded predictions are only to be scored."""
    return "replay" if os.environ.get("STREAMLINK_REPLAY") == "replay" else "record"


@bench.command("serve")
def bench_serving(
    server: Annotated[
        list[str] | None,
        typer.Option(
            help="int8, int8-all-cores, int8-eager, bfloat16, bfloat16-all-cores or llama.cpp; "
            "repeat it. Ratios are to the first. Empty: bfloat16 and int8."
        ),
    ] = None,
    users: Annotated[
        list[int] | None, typer.Option(help="Also ask so many questions at once; repeat it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the figures go, as JSON.")] = None,
) -> None:
    """Serve the model in several ways at once and let them take turns at the same questions."""
    from streamlink_magic.bench.contest import table_rows
    from streamlink_magic.bench.serve import BenchRequest, bench_serve
    from streamlink_magic.serving.console import TerminalProgress

    request = BenchRequest(tuple(server or ("bfloat16", "int8")), tuple(users or ()), out)
    with _plain_errors():
        with TerminalProgress() as progress:
            standings = bench_serve(request, progress, progress)
        header, *rows = table_rows(standings)
        table = Table(*header, box=box.MARKDOWN)
        for row in rows:
            table.add_row(*row)
        _out.print(table)


@app.command("eval-table")
def table_of_reports(
    reports: Annotated[
        list[Path], typer.Argument(metavar="REPORT...", help="Reports; the first is the base.")
    ],
) -> None:
    """Compare the reports of several runs on the same questions, as a Markdown table."""
    from streamlink_magic.evaluation.command import run_table

    with _plain_errors():
        _out.print(run_table(reports), markup=False)


@app.command("eval-unanswerable")
def make_unanswerable_set(
    benchmark: Annotated[Path, typer.Argument(metavar="SET", help="Folder of a benchmark set.")],
    out: Annotated[Path, typer.Option(help="A new folder for the set that is made.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many questions.")] = 100,
    seed: Annotated[int, typer.Option(help="Which questions, and what is taken out.")] = 0,
) -> None:
    """Make a set whose tables lack the one column or table that each question needs."""
    from streamlink_magic.evaluation.command import run_unanswerable

    with _plain_errors():
        _out.print(run_unanswerable(benchmark, out, limit=limit, seed=seed), markup=False)


@app.command()
def check(
    notebooks: Annotated[list[Path], typer.Argument(metavar="NOTEBOOK...")],
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="Drift that is no failure: schema, prompt, verdict or result; repeat it.",
        ),
    ] = None,
    timeout: Annotated[int, typer.Option(min=1, help="Longest that a cell may take, s.")] = 600,
) -> None:
    """Run notebooks in replay, without a model, and tell what is not as it was recorded.

    The files stay as they are. Exit code 1: something has drifted, or a cell fails.
    """
    from streamlink_magic.replay.checking import check_notebook
    from streamlink_magic.replay.command import CellLines, report_lines
    from streamlink_magic.replay.drift import KINDS

    allowed = frozenset(allow or ())
    if unknown := sorted(allowed - set(KINDS)):
        raise typer.BadParameter(f"{', '.join(unknown)}: {', '.join(KINDS)}", param_hint="--allow")
    _require_notebooks(notebooks)
    drifted = 0
    with _plain_errors():
        for file in notebooks:
            with CellLines(_err) as lines:
                report = check_notebook(file, timeout_s=timeout, progress=lines)
            _out.print("\n".join(report_lines(report, allowed)), markup=False)
            drifted += len(report.drifted(allowed))
    raise typer.Exit(1 if drifted else 0)


@app.command()
def record(
    notebooks: Annotated[list[Path], typer.Argument(metavar="NOTEBOOK...")],
    timeout: Annotated[int, typer.Option(min=1, help="Longest that a cell may take, s.")] = 1200,
) -> None:
    """Run notebooks with the model and save them, so that they can be replayed without one."""
    from streamlink_magic.replay.command import CellLines
    from streamlink_magic.replay.recording import record_notebook

    _require_notebooks(notebooks)
    with _plain_errors():
        for file in notebooks:
            with CellLines(_err) as lines:
                taped = record_notebook(file, timeout_s=timeout, progress=lines)
            _out.print(f"{file}: {taped.answers} recorded answers", markup=False)


def _require_notebooks(files: list[Path]) -> None:
    """End with exit code 2 where a file is no notebook, before any of them is run."""
    from streamlink_magic.replay.places import read_cells

    for file in files:
        try:
            read_cells(file)
        except StreamlinkError as error:
            raise typer.BadParameter(str(error), param_hint="NOTEBOOK") from error


if __name__ == "__main__":
    app(prog_name="streamlink")
