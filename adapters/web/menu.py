"""GET /menu and /completions: what the page offers to people who begin to write a command."""

from aiohttp import web

from adapters.chat.admins import Admins
from adapters.chat.menu import Command, Menus, Option, named
from adapters.web.answers import facts, refusal
from adapters.web.visitors import Visitors

_LONGEST = 64
_NO_COOKIE = "This page is not known here any more. Please load it again."


class MenuRoutes:
    """Tells the page which commands there are, with their inputs, and what inputs can be."""

    def __init__(self, *, menus: Menus, admins: Admins, visitors: Visitors) -> None:
        self._menus = menus
        self._admins = admins
        self._visitors = visitors

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/menu", self.menu)
        app.router.add_get("/completions", self.completions)

    async def menu(self, request: web.Request) -> web.Response:
        """Answer with every command that this visitor is offered."""
        visitor = self._visitors.of(request)
        if visitor is None:
            return refusal(401, _NO_COOKIE)
        commands = await self._menus.current(for_admin=self._admins.has(visitor.identity))
        return facts(200, commands=[_command_json(each) for each in commands])

    async def completions(self, request: web.Request) -> web.Response:
        """Answer with what an option can be that begins with, or holds, what was written."""
        visitor = self._visitors.of(request)
        if visitor is None:
            return refusal(401, _NO_COOKIE)
        asked = [request.query.get(name, "")[:_LONGEST] for name in ("command", "option", "begun")]
        for_admin = self._admins.has(visitor.identity)
        return facts(200, choices=await self._menus.completions(*asked, for_admin=for_admin))


def _command_json(command: Command) -> dict[str, object]:
    return {
        "name": command.name,
        "summary": command.summary,
        "options": [_option_json(each) for each in command.options],
    }


def _option_json(option: Option) -> dict[str, object]:
    return {
        "name": option.name,
        "typed": named(option.input) if option.input else "",
        "summary": option.summary,
        "kind": option.kind,
        "choices": list(option.choices),
        "completes": option.completes,
    }
