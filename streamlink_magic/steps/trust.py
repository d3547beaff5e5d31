"""How far an answer is to be trusted, from what was measured on the way to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from streamlink_magic.catalog.ranking import words_of
from streamlink_magic.catalog.values import find_values
from streamlink_magic.records import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlink_magic.records import DataProfile, Naming, TableSchema, Vote

WELL_SUPPORTED, CHECK_THIS, DO_NOT_TRUST = "well supported", "check this", "do not trust"

# Words of English that name no data: they ask, count, compare, order and join.
_PLAIN_WORDS = frozenset(
    """
    a about above across after all along alphabetical alphabetically also among amount an and
    any anybody anyone are as ascending at average be been before belong belonging below
    besides between biggest both but by called can contain containing corresponding could count
    day decreasing descending detail did different distinct do doe done down duplicate each
    earlier earliest either ever every everybody everyone except exist few fewer fewest find
    first following for from full get give given greater greatest ha had have having he her
    high higher highest him his how i id identifier if in including increasing information
    instead into is it item its kind largest last later latest least less letter list long
    longer longest low lower lowest make man many max maximum me mean median men min minimum
    month more most much my name named need neither never no nobody nor not number occur of old
    older oldest on once one only or order other our out over overall part people per percent
    percentage person please popular portion possible present rank ranked ratio recent record
    respectively result return reverse row same second share short shorter shortest show since
    single small smaller smallest so some somebody someone sort sorted start starting substring
    such sum table tell than that the their them there these they thing those three time to
    today together top total twice two type under unique until up us use used using value very
    want was we well were what when where whether which who whole whom whose why with within
    without woman women word would year yet you young younger youngest your
    """.split()  # noqa: SIM905  one word a line says no more
)
_SHORT = 2
_ROOT, _ENDING, _LONG = 4, 3, 6  # letters: what is compared, what may differ
_AGREED, _SPLIT, _HALF = 0.75, 0.4, 0.5
# Log-probabilities of all names and values in a draft, chosen on 500 questions of Spider: of drafts
# that agree 96 % were right above the first and 85 % below it, of others 2 of 11 below the last.
# Above the second, further drafts made no answer better.
_CLEAR, SURE, _LOST = -2.0, -3.0, -5.0
_LISTED = 5
_LEVELS = {WELL_SUPPORTED: "ok", CHECK_THIS: "note", DO_NOT_TRUST: "warning"}


@dataclass(frozen=True, slots=True)
class Signals:
    """What was measured.

    Attributes
    ----------
    agreement
        The share of the drafts' weight behind the chosen reading, 0 to 1.
    passed
        The share of the drafts that could be used, mended or not.
    sound
        The share that could be used as they were written.
    mended, asked_again, empty
        Whether the chosen draft was mended, came from a second try, returns nothing: 1 or 0.
    absent
        How many texts it looks for that no row has.
    unexplained
        How many words of the question no table, column, comment or value explains.
    words
        How many words of the question name data at all.
    naming
        The log-probability of the names and values in the chosen draft, as the model wrote it;
        None where the server does not tell.
    """

    agreement: float = 1.0
    passed: float = 1.0
    sound: float = 1.0
    mended: float = 0.0
    asked_again: float = 0.0
    empty: float = 0.0
    absent: float = 0.0
    unexplained: float = 0.0
    words: float = 0.0
    naming: float | None = None

    def as_numbers(self) -> Mapping[str, float]:
        """Return those that are known by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def badge(signals: Signals) -> str:
    """Return one of three states; never a percentage, since nothing here is a probability."""
    doubts = signals.asked_again or signals.absent or signals.empty
    naming = 0.0 if signals.naming is None else signals.naming
    lost = doubts or naming < _LOST
    if signals.agreement < _SPLIT or (lost and signals.agreement < _AGREED):
        return DO_NOT_TRUST
    agreed = signals.agreement >= _AGREED and signals.passed > _HALF
    sure = agreed and not doubts and not signals.mended and naming > _CLEAR
    return WELL_SUPPORTED if sure else CHECK_THIS


def wavering(naming: Naming | None, tables: Sequence[TableSchema]) -> tuple[str, ...]:
    """Return the names of tables and columns, and the values, that the model was not sure of.

    Names that the statement itself gives are left out.
    """
    names = {table.name.name.casefold() for table in tables}
    names |= {column.name.casefold() for table in tables for column in table.columns}
    return tuple(
        word
        for word in (naming.wavered if naming else ())
        if word.strip("`").casefold() in names or not (word[0].isalpha() or word[0] in "_`")
    )


def trust_checks(
    state: str,
    votes: Sequence[Vote],
    *,
    drawn: int,
    mended: bool,
    asked_again: bool,
    unexplained: Sequence[str],
    wavered: Sequence[str] = (),
    naming: float | None = None,
) -> tuple[Check, ...]:
    """Return the badge in words: what speaks for the answer, and the other way to read it.

    Parameters
    ----------
    votes
        The ways to read the question, the chosen one first.
    drawn
        How many drafts there were, those that could not be used included.
    wavered
        Names and values that the model was not sure of.
    naming
        The log-probability of all that it named; None where that is not known.
    """
    if not state:
        return ()
    reasons = [f"{votes[0].count} of {drawn} drafts return this"] if votes and drawn > 1 else []
    reasons += ["it had to be mended"] if mended else []
    reasons += ["the model was asked twice"] if asked_again else []
    unsure = naming is not None and naming <= _CLEAR
    reasons += ["the model was not sure of all names"] if unsure else []
    text = state.capitalize() + (f": {', '.join(reasons)}." if reasons else ".")
    checks = [Check(_LEVELS[state], text, badge=True)]
    if len(votes) > 1 and 2 * votes[1].weight >= votes[0].weight:
        other = " ".join(votes[1].sql.split())
        checks.append(
            Check("note", f"Another reading, {votes[1].count} of {drawn} drafts: {other}")
        )
    if unexplained and state != WELL_SUPPORTED:
        listed = ", ".join(unexplained[:_LISTED])
        checks.append(Check("note", f"No table, column or value explains: {listed}."))
    if wavered and state != WELL_SUPPORTED:
        listed = ", ".join(wavered[:_LISTED])
        checks.append(Check("note", f"The model was in two minds about: {listed}."))
    return tuple(checks)


def unexplained_words(
    question: str, tables: Sequence[TableSchema], profile: DataProfile
) -> tuple[tuple[str, ...], int]:
    """Return the words that nothing here explains, and how many name data at all.

    Nothing is said of questions in other scripts than the names.
    """
    if not question.isascii():
        return (), 0
    told = set().union(*(_told_by(table) for table in tables)) if tables else set()
    for hint in find_values(question, profile, [table.name for table in tables]):
        told.update(words_of(hint.words))
    asked = [word for word in dict.fromkeys(words_of(question)) if _names_data(word)]
    return tuple(word for word in asked if not _is_told(word, told)), len(asked)


def _told_by(table: TableSchema) -> set[str]:
    texts = [table.name.name, table.comment]
    for column in table.columns:
        texts += [column.name, column.comment]
    return {word for text in texts for word in words_of(text) if len(word) > _SHORT}


def _names_data(word: str) -> bool:
    return len(word) > _SHORT and not word.isdigit() and word not in _PLAIN_WORDS


def _is_told(word: str, told: set[str]) -> bool:
    """Return whether a word, or one that begins like it, is among those that are told."""
    root = word[: max(_ROOT, len(word) - _ENDING)]
    return word in told or any(one.startswith(root) or word.startswith(one[:_LONG]) for one in told)
