"""What all of the operator's commands have in common."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infrastructure.emulator.faults import RequestFault
from infrastructure.emulator.server import Emulator
from tests.architecture.test_program_imports import loaded_by_modules
from tests.architecture.tree import ROOT
from tests.composition.operate.bench import Operator

GROUPS = ("files", "jobs", "machines", "runs", "workflows")
GATEWAY = [
    ("workflows", "list"),
    ("workflows", "show", "text2img"),
    ("workflows", "sync"),
    ("machines", "list"),
    ("machines", "show", "x"),
    ("runs", "list"),
    ("runs", "show", "x"),
    ("runs", "cancel", "x"),
    ("files", "upload", "x.png"),
]


@pytest.mark.parametrize("command", GATEWAY, ids=" ".join)
async def test_without_a_key_it_is_said_what_to_set(
    alone: Operator, command: tuple[str, ...]
) -> None:
    told = await alone.is_refused(*command)

    assert "COMFY_DEPLOY_API_KEY is not set" in told
    assert "emulator" in told


async def test_a_key_that_is_refused_leads_to_the_doctor(operator: Operator) -> None:
    stranger = operator.with_settings(COMFY_DEPLOY_API_KEY="sk-stranger")

    told = await stranger.is_refused("machines", "list")

    assert "refuses this (401" in told
    assert "doctor" in told
    assert "sk-stranger" not in told


async def test_a_service_that_is_away_is_named(operator: Operator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    away = operator.with_settings(COMFY_DEPLOY_BASE_URL=f"http://127.0.0.1:{port}/api")

    told = await away.is_refused("machines", "list", "--json")

    assert f"127.0.0.1:{port}/api does not answer as it should" in told


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (429, "{}", "very busy"),
        (403, '{"detail": "Insufficient your GPU credits"}', "credit"),
        (502, "{}", "does not answer as it should (502"),
    ],
)
async def test_each_trouble_has_its_sentence(
    operator: Operator, emulator: Emulator, status: int, body: str, told: str
) -> None:
    emulator.faults.order_requests(
        RequestFault(path="/machines", status=status, body=body, count=None)
    )

    assert told in await operator.is_refused("machines", "list")


def test_no_command_loads_a_platform(tmp_path: Path) -> None:
    modules = [f"composition.operate.{name}" for name in GROUPS]

    assert loaded_by_modules(modules, root=ROOT, folder=tmp_path) == set()


def test_the_help_of_the_program_loads_no_group() -> None:
    code = "import sys, composition.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "composition.operate.command" in done.stdout
    assert "infrastructure.comfy_deploy.client" not in done.stdout


async def test_the_help_of_a_group_names_its_commands(alone: Operator) -> None:
    told = await alone.sees("jobs", "--help")

    assert all(name in told for name in ("list", "show", "cancel"))


async def test_a_command_that_is_not_there_is_a_wrong_command_line(alone: Operator) -> None:
    done = await alone.types("jobs", "eat")

    assert done.exit_code == 2
    assert "No such command" in done.stderr


async def test_a_refusal_tells_a_terminal_nothing_to_obey(
    operator: Operator, emulator: Emulator
) -> None:
    body = '{"detail": "no \\u001b[2J\\u202e"}'
    emulator.faults.order_requests(RequestFault(path="/machines", status=400, body=body))

    assert "no ?[2J?" in await operator.is_refused("machines", "list")
    assert "no run ?[2J?:" in await operator.is_refused("runs", "show", "\x1b[2J\udcff")
