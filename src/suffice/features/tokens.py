"""How many tokens a text has, roughly, at a thousandth of a tokenizer's price.

A tokenizer of today's models takes 0.4 ms for 500 tokens and 146 MB of memory: too much for the path of a
request. This counts classes of bytes instead; the coefficients are a least-squares fit of relative error
against o200k over 1,700 texts (English prose, Python, JSON tool definitions, chat prompts and answers, and
samples of six other languages). Mean error on these: English prose 5%, code 5%, JSON 3%, chat prompts 5%,
answers 6%, Chinese 9%, Japanese 7%, Hindi 7%, Russian 12%, Arabic 13%, German 22%. (Four characters to a
token are 62% off on Chinese.) Source: house heuristic.
"""

from __future__ import annotations

_DIGITS = b"0123456789"
_PUNCTUATION = b"{}[]():,\"\\=_<>/*+-.;'`#$^&|@!?%~"
# One pass takes letters out and puts digits and marks into a class each: what is left is short, and quick to count.
_CLASSES = bytes.maketrans(_DIGITS + _PUNCTUATION, b"0" * len(_DIGITS) + b"." * len(_PUNCTUATION))
_LETTERS = bytes(set(range(256)) - set(_DIGITS + _PUNCTUATION + b" \n"))
READ_WHOLE = 16_384
"""A text of up to this many characters is read as a whole."""
_HEAD, _TAIL, _WINDOWS, _WINDOW = 8_192, 4_096, 8, 512

_LETTER, _DIGIT, _MARK = 0.1052, 0.9312, 0.5594
_SPACE, _DOUBLE_SPACE, _NEWLINE = 0.6057, -0.9374, 0.7829
_TWO_BYTE, _CJK, _INDIC = 0.2124, 0.6486, 0.1634


def sample_of(text: str) -> str:
    """Returns what is read of a text: all of a short one; the head, the tail and eight windows between of a long one.

    >>> sample_of("short"), len(sample_of("long" * 100_000))
    ('short', 16393)
    """
    size = len(text)
    if size <= READ_WHOLE:
        return text
    step = (size - _HEAD - _TAIL) // _WINDOWS
    starts = range(_HEAD, _HEAD + step * _WINDOWS, step)
    windows = [text[start : start + min(step, _WINDOW)] for start in starts]
    return "\n".join([text[:_HEAD], *windows, text[-_TAIL:]])


def estimate_tokens(text: str) -> int:
    """Returns about how many tokens of o200k a text has; 0 only for the empty text.

    Of a long text only a sample is read.

    >>> estimate_tokens(""), estimate_tokens("The cat sat on the mat.")
    (0, 5)
    """
    return estimate_of_sample(sample_of(text), len(text))


def estimate_of_sample(sample: str, size: int) -> int:
    """Returns about how many tokens a text of `size` characters has, of which this is the sample."""
    if not sample:
        return 0
    data = sample.encode("utf-8", "surrogatepass")
    rest = data.translate(_CLASSES, _LETTERS)
    digits, marks, newlines = rest.count(b"0"), rest.count(b"."), rest.count(b"\n")
    spaces = len(rest) - digits - marks - newlines
    ascii_size, foreign = len(data), 0.0
    if ascii_size != len(sample):
        ascii_size = len(sample.encode("ascii", "ignore"))
        others = len(sample) - ascii_size
        three_byte = max(0, len(data) - len(sample) - others)
        # Scripts below U+1000 put three bytes and few tokens in a letter, those above a token in almost each.
        per_letter = _INDIC if max(sample) < "\u1000" else _CJK
        foreign = _TWO_BYTE * (others - three_byte) + per_letter * three_byte
    tokens = (
        _LETTER * (ascii_size - len(rest))
        + _DIGIT * digits
        + _MARK * marks
        + _SPACE * spaces
        + _DOUBLE_SPACE * data.count(b"  ")
        + _NEWLINE * newlines
        + foreign
    )
    found = round(tokens) or 1
    return found if size <= READ_WHOLE else round(found * size / len(sample))
