"""The documents say what is so: each block of YAML is checked, each console session is run and compared.

What a fence in a document says after its language:

    ```console            commands after `$ `, run in order in the document's own folder (`cd` holds from then on);
                          the lines that follow are what they print, where a line `...` stands for any number of
                          lines, `...` in a line for any text, and `[exit N]` for the exit code (0 if not written)
    ```yaml               a project, or a part of one, that `check` accepts without a warning
    ```yaml WS101         one in which `check` finds that fault
    ```yaml FOLDER/FILE   written to the document's own folder, as is any other language with a file's name
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.commands import ROOT, Wanspec, copy_of

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md"]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "examples").glob("*/README.md"))

# Sections whose commands install the program: .ci/run executes those of the README word for word, in a clean copy.
INSTALLING = {("README.md", "Set up"), ("CONTRIBUTING.md", "Set up"), ("benchmarks/README.md", "Run them")}

CODE = re.compile(r"WS\d{3}")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@dataclass(frozen=True)
class Block:
    """One fenced block of a document."""

    document: str
    line: int  # of its first line of text
    section: str  # the heading of level two that it stands under
    language: str
    about: str  # what stands after the language
    text: str

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def is_file(self) -> bool:
        return bool(self.about) and not CODE.fullmatch(self.about)


def blocks(path: Path) -> list[Block]:
    found: list[Block] = []
    fence, section, start, lines = "", "", 0, list[str]()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        opening = re.match(r"^(`{3,})(.*)$", line)
        if not fence and opening:
            fence, info, start, lines = opening[1], opening[2], number + 1, []
        elif fence and line == fence:
            language, _, about = info.partition(" ")
            found.append(Block(name_of(path), start, section, language, about.strip(), "\n".join(lines) + "\n"))
            fence = ""
        elif fence:
            lines.append(line)
        elif line.startswith("## "):
            section = line[3:]
    assert not fence, f"{name_of(path)}: the block of line {start} is not closed"
    return found


ALL = [block for path in DOCUMENTS if path.exists() for block in blocks(path)]
YAML = [block for block in ALL if block.language == "yaml" and not block.is_file]


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder with the files that examples in documents point at."""
    folder = tmp_path / "project"
    (folder / "assets").mkdir(parents=True)
    for name in {name for block in YAML for name in re.findall(r"assets/([\w-]+\.(?:png|jpg))", block.text)}:
        Image.new("RGB", (1024, 768), "#7F8F94").save(folder / "assets" / name)
    for name in {name for block in YAML for name in re.findall(r"assets/([\w-]+\.wav)", block.text)}:
        with wave.open(str(folder / "assets" / name), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(bytes(2 * 8000 * 4))
    return folder


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.place)
def test_a_shot_list_in_a_document_is_what_the_document_says(block: Block, wanspec: Wanspec, media: Path) -> None:
    for file in (one for one in ALL if one.document == block.document and one.is_file and one.language != "console"):
        (media / file.about).parent.mkdir(parents=True, exist_ok=True)
        (media / file.about).write_text(file.text, "utf-8")
    head = "" if re.search(r"^wanspec:", block.text, re.M) else "wanspec: 1\nname: document\n"
    (media / "wanspec.yaml").write_text(head + block.text, "utf-8")
    done = wanspec("check", "--json", cwd=media)
    found = [f"{one['code']} line {one['line']}: {one['message']}" for one in json.loads(done.stdout)["diagnostics"]]
    if block.about:
        assert any(one.startswith(block.about) for one in found), found
    else:
        assert found == []
        assert done.returncode == 0


@dataclass(frozen=True)
class Command:
    """One command of a console session."""

    line: str
    printed: tuple[str, ...]  # as the document shows it
    code: int


def commands(block: Block) -> list[Command]:
    found: list[Command] = []
    for line in block.text.splitlines():
        ended = re.fullmatch(r"\[exit (\d+)\]", line)
        if line.startswith("$ "):
            found.append(Command(line[2:], (), 0))
        elif ended:
            found[-1] = Command(found[-1].line, found[-1].printed, int(ended[1]))
        else:
            found[-1] = Command(found[-1].line, (*found[-1].printed, line), found[-1].code)
    return found


def pattern(shown: tuple[str, ...]) -> str:
    """A regular expression for what a document shows."""
    parts = []
    for line in shown:
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(r"[^\n]*?".join(re.escape(part) for part in line.rstrip().split("...")) + r"[ ]*\n")
    return "".join(parts)


SESSIONS = sorted({block.document for block in ALL if block.language == "console"})


@pytest.mark.timeout(300)  # whole films are drawn here, and the machine may be busy
@pytest.mark.parametrize("document", SESSIONS)
def test_a_console_session_prints_what_the_document_shows(
    document: str, plain_environment: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Files and commands of a document in their order, in a folder that holds the examples."""
    for example in sorted(path.parent.name for path in (ROOT / "examples").glob("*/wanspec.yaml")):
        copy_of(example, tmp_path / "examples")
    if document == "examples/storyboard/README.md":
        # As it is drawn anyway for the tests of the example: once is enough.
        shutil.rmtree(tmp_path / "examples" / "storyboard")
        shutil.copytree(request.getfixturevalue("storyboard")[0], tmp_path / "examples" / "storyboard")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "wanspec"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wanspec "$@"\n', "utf-8")
    command.chmod(0o755)
    environment = plain_environment | {"PATH": f"{command.parent}:{plain_environment.get('PATH', '')}"}
    folder = tmp_path
    for block in (one for one in ALL if one.document == document):
        if block.is_file and block.language != "console":
            (tmp_path / block.about).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.about).write_text(block.text, "utf-8")
        elif block.language == "console" and (document, block.section) not in INSTALLING:
            for one in commands(block):
                if one.line.startswith("cd "):
                    folder /= one.line[3:]
                    continue
                done = subprocess.run(
                    ["bash", "-c", one.line],
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=250,
                    check=False,
                )
                assert done.returncode == one.code, f"{block.place}: {one.line}\n{done.stdout}"
                if one.printed and not re.fullmatch(pattern(one.printed), done.stdout):
                    expected = "\n".join(one.printed)
                    pytest.fail(f"{block.place}: {one.line}\n--- shown\n{expected}\n--- printed\n{done.stdout}", False)


def test_the_readme_sets_up_with_two_commands() -> None:
    """.ci/run executes them; here is only looked that there are two of the promised sort."""
    (block,) = [one for one in ALL if (one.document, one.section) == ("README.md", "Set up")]
    install, test = [one.line for one in commands(block)]
    assert install.startswith("python3 -m venv")
    assert install.endswith("render examples/storyboard --preview")
    assert test.startswith("python3 -m venv")
    assert "pytest" in test


# Every command, option and diagnostic code is described.


def documented_commands() -> dict[str, str]:
    """Command -> what docs/cli.md says of it."""
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    parts = re.split(r"^### `wanspec ([\w -]+)`$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options_of(arguments: list[str], plain_environment: dict[str, str], folder: Path) -> set[str]:
    script = """
import json, sys, click
from wanspec.cli.app import app
context = click.Context(app)
command = app
for name in sys.argv[1:]:
    command = command.get_command(context, name)
options = {o for p in command.params if isinstance(p, click.Option) and not p.hidden for o in p.opts}
names = list(command.list_commands(context)) if isinstance(command, click.Group) else []
print(json.dumps([sorted(options), names]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env=plain_environment,
        capture_output=True,
        text=True,
        check=True,
    )
    options, names = json.loads(done.stdout)
    return {one for one in options if one.startswith("--")} | set(names)


def test_every_command_is_documented(plain_environment: dict[str, str], tmp_path: Path) -> None:
    known = {one for one in options_of([], plain_environment, tmp_path) if not one.startswith("--")}
    described = documented_commands()
    assert {name.split()[0] for name in described} == known


def test_every_option_is_documented(plain_environment: dict[str, str], tmp_path: Path) -> None:
    overall = {one for one in options_of([], plain_environment, tmp_path) if one.startswith("--")}
    general = (ROOT / "docs" / "cli.md").read_text("utf-8").split("### `wanspec")[0]
    missing = {f"wanspec {one}" for one in overall if f"`{one}" not in general}
    for name, text in documented_commands().items():
        own = {one for one in options_of(name.split(), plain_environment, tmp_path) if one.startswith("--")}
        missing |= {f"wanspec {name} {one}" for one in own - overall - {"--help"} if f"`{one}" not in text}
    assert missing == set()


def test_every_word_of_a_model_file_is_documented() -> None:
    from wanspec.catalogue.model_file import KEYWORDS

    text = (ROOT / "docs" / "adding-a-model.md").read_text("utf-8")
    assert [word for word in sorted(KEYWORDS) if f"`{word}`" not in text] == []


def test_links_lead_somewhere() -> None:
    broken = []
    for path in [*DOCUMENTS, ROOT / "CHANGELOG.md"]:
        text = re.sub(r"^(`{3,})[^\n]*\n.*?^\1$", "", path.read_text("utf-8"), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
            address, _, heading = target.partition("#")
            if "://" in address:
                continue
            file = (path.parent / address).resolve() if address else path
            headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M) if file.suffix == ".md" else []
            anchors = {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}
            if not file.exists() or (heading and heading not in anchors):
                broken.append(f"{name_of(path)}: {target}")
    assert broken == []


def test_the_sound_of_the_storyboard_is_made_as_its_page_says(tmp_path: Path) -> None:
    (recipe,) = [one for one in ALL if one.document == "examples/storyboard/README.md" and one.language == "python"]
    subprocess.run([sys.executable, "-c", recipe.text], cwd=tmp_path, check=True, timeout=60)
    shipped = ROOT / "examples" / "storyboard" / "assets" / "score.wav"
    assert shipped.stat().st_size < 200_000
    made = (tmp_path / "score.wav").read_bytes()
    assert len(made) == shipped.stat().st_size
    with wave.open(str(shipped)) as one, wave.open(str(tmp_path / "score.wav")) as other:
        assert one.getparams() == other.getparams()
        pairs = zip(one.readframes(one.getnframes())[1::2], other.readframes(other.getnframes())[1::2], strict=True)
        # Sines may differ in the last bit between C libraries: compare the high bytes.
        assert sum(a != b for a, b in pairs) < one.getnframes() / 1000
