"""Asks llguidance, in the model server's own environment, what a grammar lets be written.

It takes a list of ``{"grammar", "texts"}`` on its standard input, and for each of them writes the
CPU milliseconds that compiling took and, for each text, whether it may be written as a whole and
the model may end behind it.
"""

from __future__ import annotations

import json
import sys
import time

from llguidance import LLMatcher, LLTokenizer, grammar_from

_TIMES = 10


def _ends(matcher: LLMatcher, tokenizer: LLTokenizer, text: str) -> bool:
    matcher.reset()
    tokens = tokenizer.tokenize_str(text)
    if matcher.try_consume_tokens(tokens) < len(tokens):
        return False
    end = tokenizer.eos_token
    return bool(matcher.compute_bitmask()[end // 8] >> end % 8 & 1)


def _judged(tokenizer: LLTokenizer, grammar: str, texts: list[str]) -> dict[str, object]:
    took = []
    for _ in range(_TIMES):
        begun = time.thread_time()
        matcher = LLMatcher(tokenizer, grammar_from("grammar", grammar), log_level=0)
        took.append(time.thread_time() - begun)
    if matcher.is_error():
        return {"error": matcher.get_error()}
    return {"ms": min(took) * 1000, "ends": [_ends(matcher, tokenizer, text) for text in texts]}


def main(tokenizer: LLTokenizer) -> None:
    """Judge what comes in."""
    jobs = json.load(sys.stdin)
    json.dump([_judged(tokenizer, job["grammar"], job["texts"]) for job in jobs], sys.stdout)


if __name__ == "__main__":
    main(LLTokenizer(sys.argv[1]))
