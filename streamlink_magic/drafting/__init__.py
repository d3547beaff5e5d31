"""From a prompt to checked SQL: draft, mend, guard, let drafts vote, ask again once."""

from streamlink_magic.drafting.desk import Desk, Written
from streamlink_magic.drafting.mending import guard_or_mend, keeping_sql
from streamlink_magic.drafting.once import write_one
from streamlink_magic.drafting.translating import Translation, translate
from streamlink_magic.drafting.voting import write_best

__all__ = [
    "Desk",
    "Translation",
    "Written",
    "guard_or_mend",
    "keeping_sql",
    "translate",
    "write_best",
    "write_one",
]
