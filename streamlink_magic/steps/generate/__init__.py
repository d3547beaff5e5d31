"""Let the model write, and take exactly one SQL statement from what it wrote."""

from streamlink_magic.steps.generate.draw import (
    TEMPERATURE,
    Drafts,
    Draw,
    draw_more,
    generate_drafts,
)
from streamlink_magic.steps.generate.extract import extract_sql
from streamlink_magic.steps.generate.write import generate_line, generate_sql

__all__ = [
    "TEMPERATURE",
    "Drafts",
    "Draw",
    "draw_more",
    "extract_sql",
    "generate_drafts",
    "generate_line",
    "generate_sql",
]
