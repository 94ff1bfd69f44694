"""`python -m suffice.testing.replay_upstream ANSWERS OPTIONS`: what `ReplayUpstream.start_process` starts.

OPTIONS is `ReplayOptions` as JSON. The URL goes to standard output as one line; the end of standard input
ends the server, so it never outlives whoever started it.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import msgspec

from suffice.errors import ConfigError
from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.options import ReplayOptions
from suffice.testing.replay_upstream.serve import serve
from suffice.testing.replay_upstream.server import ReplayServer


def main() -> None:
    """Runs the server with what the command line says."""
    options = msgspec.json.decode(sys.argv[2], type=ReplayOptions, dec_hook=lambda kind, value: kind(value))

    def on_ready(url: str, _: Recording, server: ReplayServer) -> None:
        sys.stdout.write(url + "\n")
        sys.stdout.flush()
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()

    try:
        serve(Path(sys.argv[1]), options, on_ready)
    except (ConfigError, ValueError) as error:
        sys.exit(str(error))


def _stop_at_end_of_input(server: ReplayServer) -> None:
    # Not through sys.stdin: at the end of the process a reader inside that object would hold its lock.
    with open(0, "rb", buffering=0, closefd=False) as given:
        while given.read(1024):
            pass
    server.should_exit = True


if __name__ == "__main__":
    main()
