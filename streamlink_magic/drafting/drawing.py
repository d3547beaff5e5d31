"""Draw drafts of one question: two first choices, and more where these leave doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.drafting.desk import Desk, grammar_for
from streamlink_magic.steps.generate import Draw, draw_more, generate_drafts

if TYPE_CHECKING:
    from streamlink_magic.steps.generate import Drafts


_HALVES = 2


def first_drafts(desk: Desk) -> Drafts:
    """Return the model's first choice and what is drawn beside it.

    That is one more draft where the vote is adaptive, and all of them where it is not.

    Raises
    ------
    ModelError
        When the server failed.
    """
    first, rest = _draws(desk)
    return generate_drafts(
        desk.prompt,
        desk.model,
        draws=first if desk.settings.adaptive else (*first, *rest),
        max_tokens=desk.settings.answer_tokens,
        progress=desk.progress,
        grammar=grammar_for(desk, "first"),
        sample_grammar=grammar_for(desk, "samples"),
    )


def with_further(drafts: Drafts, desk: Desk) -> Drafts:
    """Return the drafts with those that an adaptive vote has held back, if there are any."""
    _, rest = _draws(desk)
    if not desk.settings.adaptive or not rest:
        return drafts
    desk.progress("model", "further drafts")
    more = draw_more(
        desk.model,
        draws=rest,
        max_tokens=desk.settings.answer_tokens,
        first_took_s=drafts.first_took_s,
        grammar=grammar_for(desk, "samples"),
    )
    return replace(drafts, others=(*drafts.others, *more.others), alone=drafts.alone or more.alone)


def _draws(desk: Desk) -> tuple[tuple[Draw, ...], tuple[Draw, ...]]:
    """Return what is drawn beside the first answer: one draft at once, and the others.

    Half of all is drawn over the other form of the tables. The one drawn at once is the model's
    first choice over that form: it errs in other places than the first answer does.
    """
    samples, other = desk.settings.samples, desk.other
    if other is None or samples < _HALVES:
        return _some(Draw(desk.prompt, 1)), _some(Draw(desk.prompt, samples - 1))
    over_other = samples // _HALVES
    rest = (Draw(desk.prompt, samples - over_other), Draw(other, over_other - 1))
    return (Draw(other, 1, temperature=0.0),), _some(*rest)


def _some(*draws: Draw) -> tuple[Draw, ...]:
    return tuple(draw for draw in draws if draw.count > 0)
