"""The lists of commands that people see when they type a slash."""

import json
from collections.abc import Sequence

from structlog.testing import capture_logs

from adapters.chat.menu import COMMANDS, Menus
from adapters.telegram.surface import TelegramSurface
from core.shared.errors import ServiceTroubleError
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from core.workflows.snapshot import Snapshot
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.telegram.bench import Bench, Listening, a_bench, a_bot, a_media, polling
from tests.builders import a_workflow


class NoCatalogue(InMemoryCatalogue):
    """Belongs to a service that has never answered."""

    async def current(self) -> Snapshot:
        raise ServiceTroubleError("no answer")


def menus_of(*workflows: Workflow) -> Menus:
    return Menus(Workflows(InMemoryCatalogue(workflows)))


async def listed(bench: Bench, menus: Menus, *, operators: tuple[str, ...] = ()) -> None:
    """Have a bot with this menu begin, and end."""
    again = a_bot(
        bench.server,
        TelegramSurface(a_media()),
        media=a_media(),
        conversation=Listening(),
        alerts=bench.alerts,
        menus=menus,
        operators=operators,
    )
    with capture_logs():
        async with polling(again):
            await again.list_commands()


def names(bench: Bench, kind: str, chat: int | None = None) -> Sequence[str]:
    """Return the names that one scope shows."""
    for (scope, _), commands in bench.server.commands.items():
        wanted = {"type": kind} if chat is None else {"type": kind, "chat_id": chat}
        if (json.loads(scope) if scope else {"type": "default"}) == wanted:
            return [each["command"] for each in commands]
    return []


async def a_bare(bench: Bench) -> None:
    """Have nothing listed."""
    assert bench.surface.bot is not None
    await bench.surface.bot.delete_my_commands()


async def test_everybody_sees_the_commands_and_every_workflow() -> None:
    async with a_bench() as bench:
        await listed(bench, menus_of(a_workflow("toon"), a_workflow("flux_dev")))

        ours = [each.name for each in COMMANDS if not each.for_admins]
        assert names(bench, "default") == [*ours, "flux_dev", "toon"]
        assert names(bench, "all_group_chats") == [
            name for name in names(bench, "default") if name != "start"
        ]


async def test_an_operator_who_has_written_to_us_sees_what_only_operators_may() -> None:
    async with a_bench() as bench:
        known, stranger = bench.ann.user_id, 999_999
        await listed(bench, menus_of(a_workflow("toon")), operators=(str(stranger), str(known)))

        assert "reload" in names(bench, "chat", known)
        assert "reload" not in names(bench, "default")
        assert names(bench, "chat", stranger) == []


async def test_lists_are_told_again_only_when_they_are_others() -> None:
    async with a_bench() as bench:
        await listed(bench, menus_of(a_workflow("toon")))
        told = bench.called("setMyCommands")
        await listed(bench, menus_of(a_workflow("toon")))
        assert bench.called("setMyCommands") == told

        await listed(bench, menus_of())
        assert bench.called("setMyCommands") == told + 2
        assert "toon" not in names(bench, "default")


async def test_t_94_while_no_workflow_is_known_no_command_goes() -> None:
    async with a_bench() as bench:
        await listed(bench, menus_of(a_workflow("toon")))

        await listed(bench, Menus(Workflows(NoCatalogue())))

        assert "toon" in names(bench, "default")


async def test_where_nothing_is_listed_yet_what_is_fixed_is() -> None:
    async with a_bench() as bench:
        await a_bare(bench)
        await listed(bench, Menus(Workflows(NoCatalogue())))

        assert names(bench, "default") == [each.name for each in COMMANDS if not each.for_admins]


async def test_of_more_commands_than_telegram_takes_the_first_are_listed() -> None:
    async with a_bench() as bench:
        await listed(bench, menus_of(*(a_workflow(f"flow_{n:03}") for n in range(150))))

        shown = names(bench, "default")
        assert (len(shown), "run" in shown) == (100, True)
