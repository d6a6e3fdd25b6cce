"""What lies in the repository names no machine, and the locks pin every byte that is installed."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, Source, imported_modules, product, sources

NOT_OURS = frozenset({".git", ".uv", "data", "__pycache__"})
LOCKS = ("requirements.lock", "requirements-dev.lock")

_HOMES = re.compile(r"(?<![\w.}>/])/(?:root|work|home/\w+|Users/\w+)(?:/|\b(?=[\"'\s`:]))")
_PASSING = re.compile(r"(?<![\w.}>])/(?:tmp|var/folders)/")
_REGISTRY = re.compile(r"https?://|--(extra-)?index|--find-links|pypi|\w\.(org|com|net|io)\b")
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[\w,-]+\])?==(?P<version>[^\s;\\]+)")


def tracked() -> tuple[str, ...]:
    """Return the paths of all files that are, or are about to be, in the repository."""
    try:
        done = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        # A tree without its repository: whatever is no environment and no cache.
        return tuple(
            path.relative_to(ROOT).as_posix()
            for path in sorted(ROOT.rglob("*"))
            if path.is_file() and not _is_left_out(path.relative_to(ROOT))
        )
    return tuple(path for path in done.stdout.splitlines() if (ROOT / path).is_file())


def _is_left_out(path: Path) -> bool:
    return path.parts[0].startswith(".") or bool(NOT_OURS & set(path.parts))


def machine_paths(path: str, text: str) -> Iterator[str]:
    """Find paths that only one machine has."""
    for number, line in enumerate(text.splitlines(), 1):
        if _HOMES.search(line) or (not path.startswith("tests/") and _PASSING.search(line)):
            yield f"{path}:{number}: a path of one machine: {line.strip()[:80]}"


def requirements(lock: str) -> list[str]:
    """Return the requirements of a lock, each with its hashes on one line."""
    joined = lock.replace("\\\n", " ").splitlines()
    return [line.strip() for line in joined if line.strip() and not line.startswith("#")]


def unpinned(lock: str) -> list[str]:
    """Find requirements without an exact version or without a hash."""
    return [
        line.split()[0]
        for line in requirements(lock)
        if not _PINNED.match(line) or not re.search(r"--hash=sha256:[0-9a-f]{64}\b", line)
    ]


def versions(lock: str) -> dict[str, str]:
    """Return the version of each package of a lock."""
    found = (_PINNED.match(line) for line in requirements(lock))
    return {normal(each["name"]): each["version"] for each in found if each}


def differences(lock: str, dev_lock: str) -> list[str]:
    """Find packages of a lock that the lock for developing has not, or has otherwise."""
    dev = versions(dev_lock)
    return [name for name, version in versions(lock).items() if dev.get(name) != version]


def normal(name: str) -> str:
    """Return a distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named_in(requirements_in: str) -> set[str]:
    """Return the distributions that a list of requirements names."""
    lines = (line.partition("#")[0].strip() for line in requirements_in.splitlines())
    names = (re.match(r"[A-Za-z0-9][\w.-]*", line) for line in lines)
    return {normal(each[0]) for each in names if each}


def foreign_imports(files: Iterable[Source]) -> dict[str, str]:
    """Return each imported package that is neither ours nor the standard library's, and where."""
    ours = {*PACKAGES, "tests", *sys.stdlib_module_names}
    return {
        top: source.at(line, f"imports {module}")
        for source in files
        for line, module in imported_modules(source)
        if (top := module.partition(".")[0]) and top not in ours
    }


def unnamed(
    files: Iterable[Source], named: set[str], distributions: Mapping[str, list[str]]
) -> list[str]:
    """Find imports of packages that no list names: they come with another package, or not."""
    return [
        finding
        for top, finding in foreign_imports(files).items()
        if not named & {normal(each) for each in distributions.get(top, ())}
    ]


def read(path: str) -> str:
    """Return a file of the project."""
    return (ROOT / path).read_text()


def test_no_file_holds_a_path_of_one_machine() -> None:
    found: list[str] = []
    for path in tracked():
        try:
            found += machine_paths(path, read(path))
        except UnicodeDecodeError:
            continue  # a picture

    assert found == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/a.md", "see /{}/notes.md".format("root")),
        ("tests/a.py", "ROOT = '/{}/main'".format("work")),
        ("README.md", "cd /{}/ada/station".format("home")),
        ("core/a.py", "out = '/{}/out.png'".format("tmp")),
    ],
)
def test_one_path_of_a_machine_is_found(path: str, text: str) -> None:
    assert len(list(machine_paths(path, text))) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tests/a.py", "out = '/{}/out.png'".format("tmp")),
        ("docs/a.md", "GET /{}/12 of https://example.org/{}/12".format("jobs", "work")),
        ("docs/a.md", "docs/{}/a.md".format("home")),
    ],
)
def test_what_every_machine_has_is_not_found(path: str, text: str) -> None:
    assert list(machine_paths(path, text)) == []


def test_the_walk_without_git_sees_the_same_code() -> None:
    walked = {path.path for path in sources(*PACKAGES, "tests")}

    assert walked <= set(tracked())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_registry(lock: str) -> None:
    assert _REGISTRY.findall(read(lock)) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_in_a_lock_has_its_version_and_its_hash(lock: str) -> None:
    assert len(requirements(read(lock))) >= 30
    assert unpinned(read(lock)) == []


def test_the_lock_for_developing_holds_what_the_program_runs_with() -> None:
    assert differences(read("requirements.lock"), read("requirements-dev.lock")) == []


def test_everything_that_is_asked_for_is_locked() -> None:
    for name, lock in (("requirements.in", LOCKS[0]), ("requirements-dev.in", LOCKS[1])):
        assert named_in(read(name)) - set(versions(read(lock))) == set()


def test_whatever_the_program_imports_is_asked_for_by_name() -> None:
    named = named_in(read("requirements.in"))

    assert unnamed(product(), named, packages_distributions()) == []


def test_whatever_the_tests_import_is_asked_for_by_name() -> None:
    named = named_in(read("requirements.in")) | named_in(read("requirements-dev.in"))
    found = unnamed(sources("tests"), named, packages_distributions())

    # Scripts for the official SDK run in an environment of its own, with a lock of its own.
    assert [each for each in found if "imports comfydeploy" not in each] == []


HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    "planted", ["attrs==25.1.0", f"attrs>=25 \\\n    {HASH}", "attrs==25.1.0 \\\n    --hash=md5:00"]
)
def test_one_requirement_that_is_not_pinned_is_found(planted: str) -> None:
    assert unpinned(f"click==8.1 \\\n    {HASH}\n{planted}\n") == [planted.split(maxsplit=1)[0]]


@pytest.mark.parametrize("planted", ["--index-url https://example.org", "# from pypi"])
def test_one_registry_is_found(planted: str) -> None:
    assert _REGISTRY.search(planted)


@pytest.mark.parametrize("dev", ["", "attrs==25.2.0"])
def test_one_difference_of_the_locks_is_found(dev: str) -> None:
    assert differences("Attrs==25.1.0\nclick==8.1", f"click==8.1\n{dev}") == ["attrs"]


def test_one_import_that_nobody_asked_for_is_found() -> None:
    source = Source("core/planted.py", "import os\nimport core.shared.ids\nimport attrs, yarl")

    found = unnamed([source], {"attrs"}, {"attrs": ["attrs"], "yarl": ["yarl"]})

    assert found == ["core/planted.py:3: imports yarl"]


def test_an_import_is_asked_for_under_its_distributions_name() -> None:
    source = Source("core/planted.py", "import PIL.Image")
    assert isinstance(source.tree, ast.Module)

    assert unnamed([source], named_in("pillow>=11  # pictures"), {"PIL": ["Pillow"]}) == []
