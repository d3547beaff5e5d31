"""Benchmark sets, runs over them, and what they score: the room behind ``streamlink eval``."""

from streamlink_magic.evaluation.ablation import AblationRow, ablation_rows, ablation_table
from streamlink_magic.evaluation.benchmark import (
    BenchDatabase,
    BenchmarkSet,
    BenchQuestion,
    BenchTable,
    Gold,
    load_set,
)
from streamlink_magic.evaluation.choice import choose, read_ids
from streamlink_magic.evaluation.database import SetDatabases, load_database
from streamlink_magic.evaluation.kept import KeptPair, evaluate_kept, kept_rows
from streamlink_magic.evaluation.paired import Comparison, compare, comparison_rows, mcnemar
from streamlink_magic.evaluation.plain import plain_messages
from streamlink_magic.evaluation.predictions import (
    Prediction,
    RunInfo,
    describe_run,
    read_predictions,
    read_run_info,
)
from streamlink_magic.evaluation.report import Outcome, Report, Share
from streamlink_magic.evaluation.report_file import read_report, to_json, write_report
from streamlink_magic.evaluation.run import Answer, Check, RunProgress, evaluate, status_of
from streamlink_magic.evaluation.score import Judge, RunSql, score
from streamlink_magic.evaluation.summary import align, summary_rows, summary_text
from streamlink_magic.evaluation.switches import describe_switches, switched, switches

__all__ = [
    "AblationRow",
    "Answer",
    "BenchDatabase",
    "BenchQuestion",
    "BenchTable",
    "BenchmarkSet",
    "Check",
    "Comparison",
    "Gold",
    "Judge",
    "KeptPair",
    "Outcome",
    "Prediction",
    "Report",
    "RunInfo",
    "RunProgress",
    "RunSql",
    "SetDatabases",
    "Share",
    "ablation_rows",
    "ablation_table",
    "align",
    "choose",
    "compare",
    "comparison_rows",
    "describe_run",
    "describe_switches",
    "evaluate",
    "evaluate_kept",
    "kept_rows",
    "load_database",
    "load_set",
    "mcnemar",
    "plain_messages",
    "read_ids",
    "read_predictions",
    "read_report",
    "read_run_info",
    "score",
    "status_of",
    "summary_rows",
    "summary_text",
    "switched",
    "switches",
    "to_json",
    "write_report",
]
