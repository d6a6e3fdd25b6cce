"""`doctor` on what the workspace is allowed and on its machines."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import attrs
import pytest

from composition.doctor.check import Check
from infrastructure.emulator.deployments import MACHINE_ID
from infrastructure.emulator.faults import RequestFault
from infrastructure.emulator.machines import MachineRow
from infrastructure.emulator.server import Emulator
from tests.composition.doctor.reports import Answers, answering, report, with_comfy

FINE: Answers = {"/api/deployments": (200, [{"id": "d1", "workflow": {"name": "text2img"}}])}


async def plan_check(folder: Path, answers: Mapping[str, object]) -> Check:
    given = {f"/api/platform/{name}": (200, body) for name, body in answers.items()}
    async with answering({**FINE, **given}) as url:
        return (await report(with_comfy(folder, f"{url}/api")))["ComfyUI Deploy plan"]


async def test_the_plan_is_told_with_what_is_in_use(tmp_path: Path, emulator: Emulator) -> None:
    check = (await report(with_comfy(tmp_path, emulator.base_url)))["ComfyUI Deploy plan"]

    assert check.label == "ok"
    assert check.found.startswith("creator_monthly; 3 of 10 machines; 3 of 30 workflows; $0.00 ")


async def test_credit_is_told_in_dollars(tmp_path: Path) -> None:
    usage = {
        "final_cost": 1234.5,
        "credit": 7.25,
        "free_tier_credit": 500,
        "period": {"start": "2026-11-22T21:50:30.943493"},
    }

    check = await plan_check(tmp_path, {"usage": usage})

    assert check.found == "$1,234.50 used since 2026-11-22; $7.25 of credit; $5.00 of free credit"


@pytest.mark.parametrize(
    ("plans", "fix"),
    [
        ({"payment_issue": True, "payment_issue_reason": "card expired"}, "(card expired)"),
        ({"payment_issue": True}, "A payment failed: "),
        ({"cancel_at_period_end": True}, "ends with its period"),
    ],
)
async def test_a_plan_that_may_end_is_a_warning(
    tmp_path: Path, plans: dict[str, object], fix: str
) -> None:
    check = await plan_check(tmp_path, {"plan": {"plans": {"names": ["pro"], **plans}}})

    assert (check.label, check.found) == ("warn", "pro")
    assert fix in check.fix


@pytest.mark.parametrize(
    ("path", "name"), [("/platform", "ComfyUI Deploy plan"), ("/machines", "machines")]
)
async def test_what_the_service_does_not_tell_is_no_failure(
    tmp_path: Path, emulator: Emulator, path: str, name: str
) -> None:
    fault = RequestFault(path=path, status=403, body='{"detail": "No."}', count=None)
    emulator.faults.order_requests(fault)

    checks = await report(with_comfy(tmp_path, emulator.base_url))

    assert (checks[name].ok, checks[name].fix) == (None, "")
    assert checks[name].found.startswith("the service does not tell")


async def test_t_24_machines_that_are_ready_are_counted(tmp_path: Path, emulator: Emulator) -> None:
    check = (await report(with_comfy(tmp_path, emulator.base_url)))["machines"]

    assert (check.label, check.found) == ("ok", "3, all ready")


async def test_a_workspace_without_machines_is_said_to_have_none(tmp_path: Path) -> None:
    async with answering({**FINE, "/api/machines/all": (200, [])}) as url:
        check = (await report(with_comfy(tmp_path, f"{url}/api")))["machines"]

    assert (check.label, check.found) == ("ok", "there are none")


async def test_machines_that_are_not_ready_are_named_with_who_needs_them(
    tmp_path: Path, emulator: Emulator
) -> None:
    machines = emulator.workspace.machines
    main = machines.get(MACHINE_ID)
    assert main is not None
    machines.put(attrs.evolve(main, status="error"))
    machines.put(MachineRow(name="spare", status="building"))

    check = (await report(with_comfy(tmp_path, emulator.base_url)))["machines"]

    assert check.label == "warn"
    assert check.found.startswith("2 of 4 not ready: spare (building), serverless-a10g (error, ")
    assert "text2img" in check.found


async def test_with_a_key_that_opens_nothing_no_more_is_asked(
    tmp_path: Path, emulator: Emulator
) -> None:
    checks = await report(with_comfy(tmp_path, emulator.base_url, key="sk-another"))

    assert [checks[name].ok for name in ("ComfyUI Deploy plan", "machines")] == [None, None]
    assert not any(
        "platform" in each for each in cast("dict[str, int]", emulator.state()["requests"])
    )
