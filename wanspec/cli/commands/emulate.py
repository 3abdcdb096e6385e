"""`wanspec emulate`: the vendors over HTTP on loopback, for rehearsals and for testing a CI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of

if TYPE_CHECKING:
    from wanspec.cli.terminal import Terminal
    from wanspec.domain.nodes import Node
    from wanspec.emulator.ledger import Ledger


@click.command(
    short_help="Stand in for the vendors, free, on this machine.",
    **example("wanspec emulate", "wanspec emulate --port 8790 --faults weather.yaml"),
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Listen there; a free one unless told.")
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Faults to strike with, in YAML or JSON.",
)
@click.option("--seed", type=int, default=0, help="Which submissions a probability picks follows from it.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    metavar="TIMES",
    help="Let its clock run that many times as fast.",
)
@click.option("--plain", is_flag=True, help="Pictures of one colour instead of scenery: much faster.")
@global_options
@click.pass_context
def command(ctx: click.Context, port: int, faults: Path | None, seed: int, speed: float, plain: bool) -> int:
    """The vendors over HTTP on this machine: free, with real files out, and with faults on request.

    Prints the settings that lead a render here, then runs until it is interrupted.
    """
    import os
    import signal
    import threading

    from wanspec.cli.catalogue import open_catalogue
    from wanspec.domain.errors import UsageError
    from wanspec.emulator import Emulator

    terminal = terminal_of(ctx)
    catalogue = open_catalogue(terminal)
    weather = _weather(terminal, faults)
    try:
        emulator = Emulator(
            faults=weather, seed=seed, clock_scale=speed, port=port, plain=plain, catalogue=lambda: catalogue
        )
    except ValueError as error:
        raise UsageError(str(error), hint="`--speed 60` lets a minute pass in a second") from error
    stopped = threading.Event()
    before = {one: signal.signal(one, lambda *_: stopped.set()) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        try:
            emulator.start()
        except OSError as error:
            reason = os.strerror(error.errno).lower() if error.errno else str(error)
            raise UsageError(f"port {port} cannot be listened to: {reason}", hint="choose another `--port`") from error
        _tell(terminal, emulator.environment())
        terminal.note(f"the vendors are at {emulator.address}; Ctrl-C ends this")
        terminal.note("what they deliver counts as rendered: rehearse in a copy of the project")
        stopped.wait()
    finally:
        emulator.stop()
        for one, handler in before.items():
            signal.signal(one, handler)
    terminal.note(_summary(emulator.ledger))
    return 0


def _tell(terminal: Terminal, environment: dict[str, str]) -> None:
    """The settings, at once: whoever started this waits for them."""
    import sys

    if terminal.json:
        terminal.result({"environment": environment})
    terminal.say("\n".join(f"{name}={value}" for name, value in environment.items()))
    sys.stdout.flush()


def _summary(ledger: Ledger) -> str:
    bought_twice = len(ledger.duplicates)
    submissions = f"{len(ledger)} submission{'' if len(ledger) == 1 else 's'} accepted"
    twice = f", {bought_twice} bought again" if bought_twice else ", none bought twice"
    return f"{submissions}, ${ledger.total_usd.normalize():f} charged{twice if len(ledger) else ''}"


def _weather(terminal: Terminal, file: Path | None) -> Any:
    """What a file of faults says, checked.  Raises WrongShotList for faults of its YAML, UsageError for others."""
    if file is None:
        return None
    from wanspec.catalogue.paths import steps
    from wanspec.cli.faults import WrongShotList
    from wanspec.cli.project import tell_diagnostics
    from wanspec.domain.errors import UsageError
    from wanspec.emulator.vendors.declared import VENDORS
    from wanspec.emulator.weather import WeatherFault, read_weather
    from wanspec.reading.marked_yaml import read_yaml

    checked = read_yaml(file.read_bytes(), file.name, may_be_empty=True)
    tell_diagnostics(terminal, file.parent, checked.diagnostics)
    if checked.value is None or not checked.ok:
        raise WrongShotList(checked.diagnostics)
    node = checked.value
    told = _plain(node)
    try:
        read_weather(told, VENDORS)
    except WeatherFault as fault:
        way = steps(fault.path)
        at = node.find(way[1:] if isinstance(told, list) else way).at
        raise UsageError(f"{file}:{at.line}:{at.column}: {fault.message}", hint=fault.hint) from fault
    return told


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {name: _plain(inner) for name, inner in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(inner) for inner in node.value]
    return node.value
