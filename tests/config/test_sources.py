from __future__ import annotations

from pathlib import Path

import pytest

from suffice.config.problems import Problems
from suffice.config.sources import from_environment, from_options, parse_file, variables
from suffice.errors import ConfigError


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "suffice.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def told(problems: Problems) -> str:
    with pytest.raises(ConfigError) as caught:
        problems.raise_if_any()
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mode = off\n", 1),
        ('a = 1\n\nb = "open\n', 3),
        ("[server\n", 1),
        ("a = 1\na = 2\n", 2),
        ("a = 1\nb =", 2),
        ('mode = "observe"\nport 8080\n', 2),
        (b"a = 1\nb = '\xff'\n", 2),
    ],
)
def test_what_is_not_toml_stops_at_its_line(tmp_path: Path, text: str | bytes, line: int) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        parse_file(path)
    assert caught.value.message.startswith(f"{path}:{line}: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[server]\nport = 1\n\n[server]\nworkers = 2\n", 4),
        ("[server]\nport = 1\nport = 2\n", 3),
        ("server = {port = 1, port = 2}\n", 1),
    ],
)
def test_what_is_there_twice_is_said_to_be(tmp_path: Path, text: str, line: int) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        parse_file(path)
    assert caught.value.message == f"{path}:{line}: this table or key was there before: keep one of the two"


def test_a_byte_order_mark_and_dos_line_ends_are_fine(tmp_path: Path) -> None:
    document, lines = parse_file(write(tmp_path, b"\xef\xbb\xbf# x\r\nmode = 'off'\r\n"))
    assert document == {"mode": "off"}
    assert lines == {("mode",): 2}


def test_a_missing_file_or_a_folder_is_told_with_the_fix(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match="suffice init") as caught:
            parse_file(path)
        assert caught.value.code == "no_config"
        assert str(path) in caught.value.message


def test_every_setting_has_a_variable() -> None:
    names = variables(["my-vendor"])
    assert names["SUFFICE_MODE"] == ("mode",)
    assert names["SUFFICE_LIMITS_READ_TIMEOUT_S"] == ("limits", "read_timeout_s")
    assert names["SUFFICE_PROVIDERS_MY_VENDOR_BASE_URL"] == ("providers", "my-vendor", "base_url")


def test_a_mistyped_variable_is_told() -> None:
    problems = Problems()
    environ = {"SUFFICE_SERVER_HSOT": "x", "SUFFICE_ZZZ": "1", "PATH": "/bin", "OTHER_SUFFICE_X": "1"}
    assert from_environment(environ, {}, [], problems) == {}
    message = told(problems)
    assert 'SUFFICE_SERVER_HSOT: no setting has this variable; did you mean "SUFFICE_SERVER_HOST"?' in message
    assert "SUFFICE_ZZZ: " in message
    assert message.count("\n") == 1


def test_variables_for_other_purposes_are_left_alone() -> None:
    problems = Problems()
    environ = {
        "SUFFICE_DATA": "/recorded",
        "SUFFICE_CONFIG": "/etc/suffice.toml",
        "SUFFICE_PORT": "tcp://10.0.0.7:80",
        "SUFFICE_PORT_80_TCP_ADDR": "10.0.0.7",
        "SUFFICE_SERVICE_HOST": "10.0.0.7",
        "SUFFICE_SERVICE_PORT_HTTP": "80",
        "SUFFICE_SERVER_ACCESS_TOKEN": "env:SUFFICE_MY_TOKEN",
        "SUFFICE_MY_TOKEN": "t",
    }
    assert set(from_environment(environ, {}, [], problems)) == {("server", "access_token")}
    problems.raise_if_any()


def test_options_that_were_not_given_override_nothing() -> None:
    flat = from_options({"server.port": 9000, "server.host": None})
    assert {key: given.value for key, given in flat.items()} == {("server", "port"): 9000}
    assert str(flat[("server", "port")].place) == "--port"
