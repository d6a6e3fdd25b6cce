"""`stationthis machines`, on the emulator's machines."""

from infrastructure.emulator.deployments import MACHINE_ID
from infrastructure.emulator.machines import MachineRow
from infrastructure.emulator.server import Emulator
from tests.composition.operate.bench import Operator, lines_of
from tests.infrastructure.comfy_deploy.loopback import KEY, Loopback, json_reply

NOBODYS = "00000000-0000-4000-8000-000000000009"


async def test_the_machines_are_listed_for_people(operator: Operator) -> None:
    told = await operator.sees("machines", "list")

    assert told.startswith("NAME")
    assert "ready" in lines_of(told)[0]
    assert MACHINE_ID in lines_of(told)[0]


async def test_the_machines_are_listed_for_scripts(operator: Operator) -> None:
    first, *_ = await operator.reads("machines", "list")

    assert {name: first[name] for name in ("id", "status", "gpu", "deleted")} == {
        "id": MACHINE_ID,
        "status": "ready",
        "gpu": "A10G",
        "deleted": False,
    }
    assert first["updated_at"].endswith("Z")


async def test_deleted_machines_are_listed_only_when_asked_for(
    operator: Operator, emulator: Emulator
) -> None:
    emulator.workspace.machines.put(MachineRow(name="gone", deleted=True))

    living = await operator.reads("machines", "list")
    every = await operator.reads("machines", "list", "--all")

    assert [each["name"] for each in every if each["deleted"]] == ["gone"]
    assert len(every) == len(living) + 1


async def test_a_machine_is_shown_for_people(operator: Operator) -> None:
    told = await operator.sees("machines", "show", MACHINE_ID)

    assert f"id            {MACHINE_ID}" in told
    assert "run timeout   300 s" in told


async def test_a_machine_is_shown_for_scripts(operator: Operator) -> None:
    told = await operator.reads("machines", "show", MACHINE_ID)

    assert (told["id"], told["run_timeout"], told["models_to_cache"]) == (MACHINE_ID, 300, [])


async def test_an_unknown_machine_is_told_with_the_way_to_those_that_are(
    operator: Operator,
) -> None:
    for wrong in ("home", NOBODYS):
        told = await operator.is_refused("machines", "show", wrong)

        assert f"no machine {wrong}: `./stationthis machines list`" in told


async def test_the_list_ends_at_a_server_that_gives_the_same_page_again(alone: Operator) -> None:
    rows = [{"id": f"{n:08}-0000-4000-8000-000000000000", "name": f"m{n}"} for n in range(100)]
    async with Loopback(json_reply(rows)) as server:
        operator = alone.with_settings(
            COMFY_DEPLOY_API_KEY=KEY, COMFY_DEPLOY_BASE_URL=server.base_url
        )
        told = await operator.reads("machines", "list", "--all")

    assert len(told) == 100
    assert [each.target.rpartition("?")[2] for each in server.seen[1:]] == [
        "limit=100&offset=0",
        "limit=100&offset=100",
    ]
