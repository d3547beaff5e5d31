"""Guesses from earlier text: what is proposed, and that nothing is where a pass is full."""

from types import SimpleNamespace

import numpy as np

from streamlink_magic.serving.worker.drafter import AnswerDrafter

CONFIG = SimpleNamespace(
    speculative_config=SimpleNamespace(num_speculative_tokens=5),
    model_config=SimpleNamespace(max_model_len=64),
)


def propose(drafter: AnswerDrafter, *rows: tuple[list[int], int]) -> list[list[int]]:
    """Let rows of tokens have been written, each with its last few just now."""
    table = np.zeros((len(rows), 64), dtype=np.int32)
    for number, (tokens, _) in enumerate(rows):
        table[number, : len(tokens)] = tokens
    written = [tokens[-count:] if count else [] for tokens, count in rows]
    return drafter.propose(written, np.array([len(tokens) for tokens, _ in rows]), table)


def test_a_name_of_the_prompt_is_finished() -> None:
    """What followed the last token in the prompt is guessed, token after token."""
    assert propose(AnswerDrafter(CONFIG), ([7, 8, 9, 10, 1, 2, 7], 1)) == [[8, 9, 10, 1, 2]]


def test_an_earlier_answer_is_repeated() -> None:
    """A phrase that stood in another answer is guessed where two of its tokens come again."""
    drafter = AnswerDrafter(CONFIG)
    answer = [1, 2, 20]
    propose(drafter, (answer, 1))
    for token in (21, 22, 23):
        answer = [*answer, token]
        propose(drafter, (answer, 1))
    assert propose(drafter, ([5, 6, 20, 21], 2))[0][:2] == [22, 23]


def test_the_longest_stretch_decides() -> None:
    """Of two places where the last token stood, the one with more before it is followed."""
    assert propose(AnswerDrafter(CONFIG), ([1, 2, 30, 9, 2, 40, 1, 2], 1))[0][0] == 30


def test_many_answers_at_once_get_no_guesses() -> None:
    """A pass that is full without guesses would only be slower with them."""
    rows = [([7, 8, 7], 1)] * 4
    assert propose(AnswerDrafter(CONFIG), *rows) == [[], [], [], []]


def test_a_prompt_that_is_still_being_read_gets_none() -> None:
    """Nothing was written in this pass, so there is nothing to go on from."""
    assert propose(AnswerDrafter(CONFIG), ([7, 8, 7], 0)) == [[]]


def test_a_row_that_is_taken_over_by_another_question_forgets_the_first() -> None:
    """Rows are numbered places: the next question's prompt has its own phrases."""
    drafter = AnswerDrafter(CONFIG)
    propose(drafter, ([7, 8, 9, 7], 1))
    assert propose(drafter, ([7, 50, 51, 7], 1))[0][0] == 50
