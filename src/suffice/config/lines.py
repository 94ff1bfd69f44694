"""Finds the line of every key in a TOML text, which `tomllib` does not tell."""

from __future__ import annotations

import re
import tomllib

Path = tuple[str, ...]

# Blank lines, comments, and the commas of arrays and inline tables.
_SKIP = re.compile(r"(?:[\s,]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[^,\]}\n#]*")


def find_lines(text: str) -> dict[Path, int]:
    r"""Returns the line, counted from 1, where each key and table is first named.

    Args:
        text: TOML that `tomllib` accepts. Keys inside arrays are left out.

    >>> find_lines('mode = "off"\n[server]\nport = 1')
    {('mode',): 1, ('server',): 2, ('server', 'port'): 3}
    """
    return _Finder(text).run()


class _Finder:
    """One walk through the text; `at` is where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_SKIP)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table, recorded=True)
            self._skip(_SKIP)
        return self.lines

    def _header(self) -> Path:
        self.at += 2 if self.text.startswith("[[", self.at) else 1
        path = self._key((), recorded=True)
        while self.at < len(self.text) and self.text[self.at] in " \t]":
            self.at += 1
        return path

    def _pair(self, table: Path, *, recorded: bool) -> None:
        path = self._key(table, recorded=recorded)
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path, recorded=recorded)

    def _key(self, table: Path, *, recorded: bool) -> Path:
        path = table
        while True:
            self._skip(_BLANK)
            path = (*path, self._key_part())
            if recorded:
                self.lines.setdefault(path, self.text.count("\n", 0, self.at) + 1)
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return path
            self.at += 1

    def _key_part(self) -> str:
        quoted = self.text[self.at] in "\"'"
        part = self._skip(_STRING if quoted else _BARE_KEY)
        # The parser itself undoes the escapes of a quoted key.
        return str(tomllib.loads(f"key = {part}")["key"]) if quoted else part

    def _value(self, path: Path, *, recorded: bool) -> None:
        first = self.text[self.at]
        if first == "{":
            self._inside("}", path, recorded=recorded)
        elif first == "[":
            self._inside("]", path, recorded=False)
        else:
            self._skip(_STRING if first in "\"'" else _PLAIN)

    def _inside(self, end: str, path: Path, *, recorded: bool) -> None:
        self.at += 1
        self._skip(_SKIP)
        while self.text[self.at] != end:
            if end == "}":
                self._pair(path, recorded=recorded)
            else:
                self._value(path, recorded=False)
            self._skip(_SKIP)
        self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        found = match.group() if match else ""
        self.at += len(found)
        return found
