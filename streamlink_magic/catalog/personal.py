"""Which sampled columns hold what looks like personal data, by patterns of a kept library.

Patterns know addresses and numbers, not names of people: those are for the policy to mask.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlink_magic.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlink_magic.records import TableSample

# Dates and postal codes are left out: half of all tables hold them, and by themselves they tell
# of nobody.
KINDS = (
    "EMAIL",
    "PHONE",
    "SSN",
    "CREDIT_CARD",
    "IP_ADDRESS",
    "DE_IBAN",
    "DE_VAT_ID",
    "DE_TAX_ID",
    "DE_SOCIAL_SECURITY_NUMBER",
    "DE_PASSPORT_NUMBER",
    "DE_RESIDENCE_PERMIT_NUMBER",
)
_LOOKED_AT = 2_000


def without_personal(sample: TableSample) -> TableSample:
    """Return a sample without the text columns in which a value looks like personal data.

    Raises
    ------
    CatalogError
        When the library is not installed: then nothing may be shown.
    """
    columns = list(zip(*sample.rows, strict=True)) or [()] * len(sample.columns)
    kept = [number for number, values in enumerate(columns) if not _is_personal(values)]
    return replace(
        sample,
        columns=tuple(sample.columns[number] for number in kept),
        rows=tuple(tuple(row[number] for number in kept) for row in sample.rows),
    )


def _is_personal(values: Iterable[object]) -> bool:
    texts = {value for value in values if isinstance(value, str) and value}
    return any(map(looks_personal, sorted(texts)[:_LOOKED_AT]))


def looks_personal(text: str) -> bool:
    """Return whether a text holds an address or a number of a person.

    Raises
    ------
    CatalogError
        When the library is not installed.
    """
    try:
        from datafog.engine import scan  # patterns alone; only where a policy asks for it
    except ImportError:
        raise CatalogError(
            "Personal data cannot be looked for: datafog is not installed.",
            "pip install 'streamlink-magic[personal]'",
        ) from None
    found = scan(text, engine="regex", entity_types=list(KINDS), locales=["de"])
    return bool(found.entities)
