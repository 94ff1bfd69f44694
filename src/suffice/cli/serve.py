"""`suffice serve`: the proxy."""

from __future__ import annotations

import errno
import functools
import logging
import os
import socket
import threading
import time
from pathlib import Path

import click
import uvicorn
from rich.console import Console

from suffice.app import keeping_from, recorder_from, settings_from
from suffice.app.supervisor import Supervisor
from suffice.app.worker import Worker, calm_collector, worker, write_logs
from suffice.cli._budgets import BudgetLooks
from suffice.cli._guarding import GuardLooks
from suffice.cli._looks import CertificateLooks
from suffice.cli._options import config_option
from suffice.config import Settings
from suffice.errors import ConfigError
from suffice.proxy.server import ClientProtocol

_BACKLOG = 2048
# Longer than clients and load balancers keep idle connections, so that it is they who close them.
_KEEP_ALIVE_S = 75


@click.command(
    epilog="""\b
Examples:
  suffice serve
  suffice serve --config suffice.toml --port 8080 --workers 2

Then point a client at it and change nothing else:

\b
  OPENAI_BASE_URL=http://127.0.0.1:8080/v1
  ANTHROPIC_BASE_URL=http://127.0.0.1:8080
"""
)
@config_option
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Instead of the configured one (8080); 0 picks a free one."
)
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes, instead of the configured number (1)."
)
def command(config: Path | None, port: int | None, workers: int | None) -> None:
    """Run the proxy: forward every request, or serve what was chosen where that is on, and keep the ledger."""
    settings = settings_from(config)
    write_logs(logging.INFO)
    workers = workers or settings.server.workers
    listening = _bind(settings.server.host, settings.server.port if port is None else port)
    host = settings.server.host.strip("[]")
    shown = f"{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    # Built here once so that a mistake stops the start, and not each worker.
    worker = Worker(settings)
    worker.discard()
    Console(stderr=True).print(
        f"suffice ({worker.mode}) listens on http://{shown} with {workers} worker{'s' * (workers > 1)}; "
        f"ledger in {settings.data.directory}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    _supervise(settings, config, listening, workers)


def _supervise(settings: Settings, config: Path | None, listening: socket.socket, workers: int) -> None:
    calm_collector()
    stop = threading.Event()
    recorder = threading.Thread(
        target=recorder_from(settings).run, args=(stop,), name="recorder", daemon=True
    )
    recorder.start()
    looking = threading.Thread(
        target=CertificateLooks(settings, time.time_ns).run, args=(stop,), name="certificates", daemon=True
    )
    looking.start()
    guarding = threading.Thread(
        target=GuardLooks(settings, time.time_ns).run, args=(stop,), name="guard", daemon=True
    )
    guarding.start()
    spending = threading.Thread(
        target=BudgetLooks(settings, config, time.time_ns).run, args=(stop,), name="budgets", daemon=True
    )
    spending.start()
    keeping = keeping_from(settings)
    if keeping is not None:
        # No use in waiting for it at the end: it can be stopped anywhere.
        threading.Thread(target=keeping.run, args=(stop,), name="keeping", daemon=True).start()
    supervisor = Supervisor(_server_config(settings, workers), [listening])
    supervisor.run()
    stop.set()
    recorder.join(timeout=30)
    looking.join(timeout=5)
    guarding.join(timeout=5)
    spending.join(timeout=5)


def _server_config(settings: Settings, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        functools.partial(worker, settings),
        factory=True,
        interface="asgi3",
        workers=workers,
        loop="uvloop",
        http=ClientProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=30,
    )


def _bind(host: str, port: int) -> socket.socket:
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        unknown = isinstance(error, socket.gaierror)
        said = error.strerror if unknown else os.strerror(error.errno or 0)
        if unknown or error.errno == errno.EADDRNOTAVAIL:
            todo = "host in [server] must be a name or an address of this machine"
        else:
            todo = "choose another with --port, or end what listens there"
        raise ConfigError(f"cannot listen on {host}:{port} ({said}): {todo}", code="cannot_listen") from error
    listening.listen(_BACKLOG)
    listening.set_inheritable(True)
    return listening
