"""The audit: a line before anything runs and one after, in a file that only ever grows.

No line holds a row, a value read from one, or the words of an error, which could quote one.
"""

from streamlink_magic.auditing.account import Account
from streamlink_magic.auditing.metered import MeteredModel

__all__ = ["Account", "MeteredModel"]
