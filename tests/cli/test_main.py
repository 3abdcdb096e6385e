"""The frame of every command: help, global options, endings.  Nothing here needs a shot list."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wanspec.cli.app import COMMANDS
from wanspec.cli.main import main

HEAVY = ("yaml", "jsonschema", "jinja2", "av", "PIL", "httpx", "diskcache", "rich", "asyncio")


def test_help_imports_click_and_the_standard_library_alone(plain_environment: dict[str, str]) -> None:
    code = (
        "import sys\nfrom wanspec.cli import main\nassert main(['--help']) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=plain_environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["", *COMMANDS, "models show"])
def test_every_help_ends_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--help"]) == 0
    lines = capsys.readouterr().out.rstrip().splitlines()
    assert "  Example:" in lines
    assert "wanspec " + command in lines[-1] or "wanspec " + command in lines[-2]


@pytest.mark.parametrize("option", ["--profile", "--var", "--json", "--color", "--max-items", "--allow-outside"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_the_global_options(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert option in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--json", "--version"], ["--version", "--json"], ["check", "--version", "--json"]]
)
def test_the_version_has_a_form_for_programs(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from wanspec import __version__

    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == {"version": __version__}


@pytest.mark.parametrize("arguments", [["--json", "--help"], ["plan", "-h", "--json"]])
def test_help_for_programs_is_the_same_words(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)["help"]
    assert main([one for one in arguments if one != "--json"]) == 0
    assert capsys.readouterr().out == told + "\n"


@pytest.mark.parametrize(
    "arguments", [["--json", "explain", "WS101"], ["explain", "--json", "WS101"], ["explain", "WS101", "--json"]]
)
def test_global_options_stand_before_or_after_the_command(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["code"] == "WS101"


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    from wanspec import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"wanspec {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["plna"], "no command is called `plna`", "did you mean `plan`?"),
        (["zzz"], "no command is called `zzz`", "the commands are `init`, `check`"),
        (["explain", "WS999999"], "no diagnostic has the code `WS999999`", ""),
        (["explain"], "missing argument 'code'", "see `wanspec explain --help`"),
        (["check", "--profiel", "x"], "--profile", "see `wanspec check --help`"),
        (["check", "--var", "hero"], "`hero` is no assignment; write `--var name=value`", ""),
        (["check", "--max-items", "0"], "--max-items", ""),
        (["check", "--vars", "nowhere.yaml"], "nowhere.yaml", ""),
        (["completion", "tcsh"], "tcsh", ""),
        (["graph", "--format", "png"], "png", ""),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_what_was_meant(
    arguments: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert message.lower() in shown.err.lower()
    assert hint in shown.err
    assert main([*arguments, "--json"]) == 2
    error: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert message.lower() in error["error"]["message"].lower()
    assert error["diagnostics"] == []


def test_without_a_command_the_help_is_shown_and_the_exit_code_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage: wanspec" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "plan", "render", "status", "graph"])
def test_a_folder_without_a_shot_list_is_told(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in ([command], [command, str(tmp_path)], [command, str(tmp_path / "nowhere")]):
        assert main([*arguments, "--json"]) == 2
        shown = capsys.readouterr()
        assert "wanspec init" in shown.err
        assert json.loads(shown.out)["error"]["code"] == "no_project"
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_is_no_traceback(plain_environment: dict[str, str]) -> None:
    command = f"{sys.executable} -m wanspec explain WS304 | true"
    done = subprocess.run(["bash", "-c", command], env=plain_environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_terminal_that_cannot_show_a_character_gets_its_escape(plain_environment: dict[str, str]) -> None:
    environment = {**plain_environment, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    environment.pop("PYTHONUTF8")
    done = subprocess.run(
        [sys.executable, "-m", "wanspec", "explain", "WS999", "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)
    shouted = subprocess.run(
        [sys.executable, "-m", "wanspec", "explain", "雪"], env=environment, capture_output=True, text=True, check=False
    )
    assert shouted.returncode == 2
    assert "\\u96ea" in shouted.stderr


def test_colours_are_for_terminals_unless_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["explain", "WS101"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert main(["explain", "WS101", "--color", "always"]) == 0
    assert "\x1b[" in capsys.readouterr().out
    assert main(["explain", "WS101", "--color", "never"]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "_WANSPEC_COMPLETE" in capsys.readouterr().out


def test_completion_completes_commands_and_options(plain_environment: dict[str, str]) -> None:
    def complete(words: str, at: int) -> list[str]:
        environment = {
            **plain_environment, "_WANSPEC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "wanspec"], env=environment, capture_output=True, text=True, check=False
        )
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert complete("wanspec comp", 1) == ["completion"]
    assert complete("wanspec graph --format m", 3) == ["mermaid"]
    assert "--profile" in complete("wanspec check --pro", 2)
    assert complete("wanspec explain WS30", 2)[:2] == ["WS301", "WS302"]
    assert complete("wanspec models show local/con", 3) == ["local/concat", "local/contact-sheet"]


def test_the_environment_may_grant_folders_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from wanspec.cli.settings import Settings

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANSPEC_ALLOW_OUTSIDE", os.pathsep.join(["/cast", "props", ""]))
    assert Settings(allow_outside=[Path("../music")]).granted() == (
        tmp_path.parent / "music",
        Path("/cast"),
        tmp_path / "props",
    )


@pytest.mark.parametrize("stop", [KeyboardInterrupt, PermissionError(13, "Permission denied", "a\x1b.yaml")])
def test_what_stops_a_command_is_told_in_words_and_as_json(
    stop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> None:
        raise stop

    (tmp_path / "wanspec.yaml").write_text("wanspec: 1\nname: film\n", encoding="utf-8")
    monkeypatch.setattr("wanspec.cli.project.check_project", stopped)
    code = main(["check", str(tmp_path), "--json"])
    shown = capsys.readouterr()
    error = json.loads(shown.out)["error"]
    if stop is KeyboardInterrupt:
        assert (code, error["code"]) == (130, "interrupted")
    else:
        assert (code, error["code"]) == (1, "system")
        assert shown.err == "error: permission denied: `a\\x1b.yaml`\n"


def test_a_bug_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    (tmp_path / "wanspec.yaml").write_text("wanspec: 1\nname: film\n", encoding="utf-8")
    monkeypatch.setattr("wanspec.cli.project.check_project", broken)
    with pytest.raises(ZeroDivisionError):
        main(["check", str(tmp_path)])


# -- streams that are closed or full ---------------------------------------------------------------------------------


def full(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    with Path("/dev/full").open("w", encoding="utf-8") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        return main(arguments)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full here")
@pytest.mark.parametrize("arguments", [["explain", "WS101"], ["explain", "WS101", "--json"], ["--version"], ["--help"]])
def test_what_cannot_be_written_is_a_failure_in_one_line(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert full(arguments, monkeypatch) == 1
    assert capsys.readouterr().err == "error: standard output cannot be written: no space left on device\n"


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_stream_that_is_closed_stops_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, name, None)
    assert main(["explain", "WS101"]) == 0


def test_a_render_goes_on_when_nobody_reads_how_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wanspec.yaml").write_text(
        "wanspec: 1\nname: film\nshots: [{id: a, model: local/flip, source: 'data:image/gif;base64,"
        "R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', axis: vertical}]\n"
    )
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as nobody, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", nobody)
        assert main(["render", str(tmp_path), "--json"]) == 0
        os.dup2(os.open(os.devnull, os.O_WRONLY), nobody.fileno())
    assert json.loads(capsys.readouterr().out)["summary"]["rendered"] == 1
