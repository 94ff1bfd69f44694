r"""LEARN: the number that a text stands for, as models and people write it: exact where it can be.

Read are signs, thousands separators, decimals, exponents, fractions (`3/4`, `1 1/2`, LaTeX), percent, currency signs,
simple LaTeX (`\frac`, `\sqrt`, `\pi`, `\cdot`, `^`, `\text`, `\boxed`), and units after the number. Nothing is
evaluated: only these forms are known.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

Number = Fraction | float
_LONGEST = 400
_MOST_EXPONENT = 400

_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:(?:,|\{,\}|\\,|\u2009|\u202f|\u00a0|')\d{3})+(?![\d])")
_TEXT = re.compile(r"\\(?:text|mathrm|textbf|mathbf|mbox|operatorname)\s*\{[^{}]*\}")
_DROPPED = re.compile(
    r"\\[(\[\])]|\\left|\\right|\\displaystyle|\\[,;:! ]|\$|\\\$|[€£¥]|~|\^\\circ|\^\{\\circ\}|°|_\{?\d+\}?(?![\d_])"
)
_PLAIN = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(
    rf"(?<![\w.])[-+]?\s?(?:\d+ +\d+/\d+|{_PLAIN}\s*/\s*{_PLAIN}|{_PLAIN})(?:\s*(?:\\%|%|percent\b))?"
)
_MIXED = re.compile(r"([-+]?)\s*(\d+) +(\d+)/(\d+)")
_BRACED = r"\{([^{}]*)\}"
_FRACTION = re.compile(rf"([-+]?)\s*(\d*)\s*\\[dtc]?frac\s*(?:{_BRACED}|(\d))\s*(?:{_BRACED}|(\d))")
_ROOT = re.compile(rf"\\sqrt\s*(?:{_BRACED}|(\d))")
_TOKEN = re.compile(rf"\s*({_PLAIN}|\\pi|π|\\sqrt|√|\\cdot|\\times|\u00d7|[-+*/^(){{}}])")
_BRACE = re.compile(r"\\f?boxed\s*\{|[{}]")
_MINUS = str.maketrans({"\u2212": "-", "\u2012": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})


def number_of(text: str) -> Number | None:
    r"""Returns the number that a whole text stands for, or `None` if it is none.

    Units and words after it are allowed, other numbers are not. A percentage is read as its share: `50%` is 1/2.

    >>> number_of("$1,234.50"), number_of(r"\frac{3}{4}"), number_of("50%"), number_of("12 apples")
    (Fraction(2469, 2), Fraction(3, 4), Fraction(1, 2), Fraction(12, 1))
    >>> number_of("3 or 4") is None, number_of("none") is None
    (True, True)
    """
    text = _cleaned(text[-_LONGEST:] if len(text) > _LONGEST else text)
    whole = _value(text)
    if whole is not None:
        return whole
    found = list(_NUMBER.finditer(text))
    if len(found) != 1:
        return None
    return _value(found[0].group())


def last_number(text: str) -> str | None:
    """Returns the last number in a text as it stands there, or `None` if there is none.

    >>> last_number("5 + 7 = 12, so she pays $1,200.00.")
    '1200.00'
    """
    text = _cleaned(text)
    found = None
    for found in _NUMBER.finditer(text):  # noqa: B007 -- the last one counts
        pass
    return None if found is None else found.group().strip()


def boxed(text: str) -> str | None:
    r"""Returns what the last complete `\boxed{...}` of a text holds, braces matched, or `None`.

    >>> boxed(r"so \boxed{\frac{1}{2}}.")
    '\\frac{1}{2}'
    """
    found = None
    # Where each open brace stands, and whether it is a box's. One pass: an answer may be hostile.
    open_: list[tuple[int, bool]] = []
    for brace in _BRACE.finditer(text):
        if brace.group() != "}":
            open_.append((brace.end(), len(brace.group()) > 1))
        elif open_:
            start, is_box = open_.pop()
            found = text[start : brace.start()] if is_box else found
    return found


def _cleaned(text: str) -> str:
    # A LaTeX command that JSON took for an escape.
    text = text.replace("\f", "\\f").replace("\btext", "\\btext").translate(_MINUS)
    inner = boxed(text)
    if inner is not None and text.strip().startswith("\\"):
        text = inner
    text = _THOUSANDS.sub(lambda found: re.sub(r"[^\d]", "", found.group()), text)
    text = _TEXT.sub(" ", text)
    text = _DROPPED.sub(" ", text)
    return text.strip().strip("*_`\"'").rstrip(".").strip()


def _value(text: str) -> Number | None:
    """The number that a text is, without anything beside it."""
    text = text.strip()
    percent = re.search(r"\s*(?:\\%|%|percent)$", text)
    if percent is not None:
        value = _value(text[: percent.start()])
        return None if value is None else value / 100
    text = text.partition("=")[2].strip() if re.match(r"[A-Za-z]\s*=[^=]+$", text) else text
    mixed = _MIXED.fullmatch(text)
    if mixed is not None:
        sign, whole, top, bottom = mixed.groups()
        return (
            None
            if int(bottom) == 0
            else (-1 if sign == "-" else 1) * (int(whole) + Fraction(int(top), int(bottom)))
        )
    text = _FRACTION.sub(_fraction, text)
    text = _ROOT.sub(r"\\sqrt(\1\2)", text)
    try:
        return _Reader(text).whole()
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _fraction(found: re.Match[str]) -> str:
    sign, whole, top, top_digit, bottom, bottom_digit = found.groups()
    part = f"(({top or top_digit})/({bottom or bottom_digit}))"
    return f"{sign}({whole}+{part})" if whole else f"{sign}{part}"


class _Reader:
    """Reads sums, products, powers and roots of numbers: the arithmetic in which results are written."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError("not a number")
            self.tokens.append(found.group(1))
            at = found.end()
        self.at = 0

    def whole(self) -> Number:
        if not self.tokens or len(self.tokens) > 60:
            raise ValueError("not a number")
        value = self._sum()
        if self.at != len(self.tokens):
            raise ValueError("more than a number")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("not finite")
        return value

    def _next(self, *any_of: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at] in any_of:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def _sum(self) -> Number:
        value = self._product()
        while (sign := self._next("+", "-")) is not None:
            other = self._product()
            value = value + other if sign == "+" else value - other
        return value

    def _product(self) -> Number:
        value = self._power()
        while self.at < len(self.tokens):
            sign = self._next("*", "/", "\\cdot", "\\times", "\u00d7")
            if sign is None and not self._begins_factor():
                break
            other = self._power()
            value = value / other if sign == "/" else value * other
        return value

    def _begins_factor(self) -> bool:
        r"""Without a sign between, only `2\sqrt{3}`, `2\pi` and `2(3)` are products; `2 3` is two numbers."""
        return self.tokens[self.at] in {"\\pi", "π", "\\sqrt", "√", "("}

    def _power(self) -> Number:
        if (sign := self._next("-", "+")) is not None:
            value = self._power()
            return -value if sign == "-" else value
        base = self._atom()
        if self._next("^") is None:
            return base
        exponent = self._power()
        if abs(float(exponent)) > _MOST_EXPONENT or abs(float(base)) > 10**6:
            raise ValueError("too large")
        if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
            return Fraction(base ** int(exponent))
        if base < 0:
            raise ValueError("not real")
        return math.pow(base, exponent)

    def _atom(self) -> Number:
        if self.at >= len(self.tokens):
            raise ValueError("nothing follows")
        token = self.tokens[self.at]
        self.at += 1
        if token in {"(", "{"}:
            value = self._sum()
            if self._next({"(": ")", "{": "}"}[token]) is None:
                raise ValueError("not closed")
            return value
        if token in {"\\pi", "π"}:
            return math.pi
        if token in {"\\sqrt", "√"}:
            return math.sqrt(self._atom())
        return _plain(token)


def _plain(token: str) -> Fraction:
    exponent = re.split("[eE]", token)
    if len(exponent) == 2 and abs(int(exponent[1])) > _MOST_EXPONENT:
        raise ValueError("too large")
    return Fraction(token)
