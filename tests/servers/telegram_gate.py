"""What every request passes: token, contract, orders of faults, flood control; then the method."""

from collections.abc import Callable, Mapping
from inspect import isawaitable

import attrs

from tests.servers.telegram_contract import Given, Method
from tests.servers.telegram_editing import Editing
from tests.servers.telegram_errors import RefusedError, Wire, bad_request, too_many
from tests.servers.telegram_faults import (
    After,
    Before,
    Drop,
    Fault,
    Faults,
    Html502,
    MigrateTo,
    Status,
    TooMany,
)
from tests.servers.telegram_flood import Flood
from tests.servers.telegram_methods import Methods
from tests.servers.telegram_sending import Ask, Sending
from tests.servers.telegram_state import State

Handler = Callable[[Ask], object]

_ALBUM = "sendMediaGroup"
_COUNTED = frozenset(
    {
        "sendMessage",
        "sendPhoto",
        "sendDocument",
        "sendAnimation",
        "sendVideo",
        "sendAudio",
        _ALBUM,
        "editMessageText",
        "editMessageCaption",
        "editMessageMedia",
        "editMessageReplyMarkup",
    }
)
"""What flood control counts: sends and edits. An album counts once."""


@attrs.define
class Call:
    """One request, as it came. Its status is 0 until it is answered, and when it never is."""

    method: str
    at: float
    chat_id: int | None = None
    status: int = 0
    parameters: Wire = attrs.field(factory=dict)


@attrs.frozen
class Outcome:
    """What goes back, and what happens to it on the way. No body is the page of a gateway."""

    status: int
    body: Wire | None = None
    fault: Drop | After | None = None


GATEWAY_DOWN = Outcome(502)


class Gate:
    """Judges and does one request at a time."""

    def __init__(self, state: State, *, token: str, flood: Flood) -> None:
        self.token: str | None = token
        self.is_out = False
        self.violations: list[str] = []
        self.calls: list[Call] = []
        self.unchecked: set[int] = set()
        self.faults = Faults()
        self._state = state
        self._flood = flood
        self._handlers = handlers(state)

    @property
    def methods(self) -> list[str]:
        return list(self._handlers)

    async def take(self, token: str, name: str, given: Given) -> Outcome:
        """Do what a request asks for, or say why not."""
        call = Call(name, self._state.now())
        self.calls.append(call)
        outcome = self._standing(token) or await self._answer(call, given)
        # A long poll may have outlived its token, or the service.
        outcome = self._standing(token) or outcome
        call.status = 0 if isinstance(outcome.fault, Drop) else outcome.status
        return outcome

    def take_download(self, token: str) -> Outcome | None:
        """Return what keeps a file from being fetched, or None. Such a fault's method is `file`."""
        refused = self._standing(token)
        if refused is not None:
            return refused
        fault = self.faults.take("file")
        if isinstance(fault, Before):
            return self._failed(fault, None)
        return Outcome(200, {}, fault) if fault else None

    def _standing(self, token: str) -> Outcome | None:
        if self.is_out:
            return GATEWAY_DOWN
        if token != self.token:
            return Outcome(401, RefusedError(401, "Unauthorized").body)
        return None

    async def _answer(self, call: Call, given: Given) -> Outcome:
        fault: Fault | None = None
        try:
            method, values, problems = self._read(call, given)
            self._refuse_the_impatient(call)
            fault = self.faults.take(method.name)
            if isinstance(fault, Before):
                return self._failed(fault, call.chat_id)
            if problems:
                raise bad_request(problems[0])
            self._count(call)
            result = await self._done(method, Ask(method.name, values, given.files))
        except RefusedError as refused:
            after = fault if isinstance(fault, After) else None
            return Outcome(refused.code, refused.body, after)
        return Outcome(200, {"ok": True, "result": result}, fault)

    def _read(self, call: Call, given: Given) -> tuple[Method, Wire, list[str]]:
        method = self._state.contract.method(call.method)
        if method is None:
            self.violations.append(f"there is no method {call.method}")
            raise RefusedError(404, "Not Found")
        values, problems = self._state.contract.read(method, given)
        self.violations += problems
        call.method, call.parameters = method.name, values
        chat_id = values.get("chat_id")
        call.chat_id = chat_id if isinstance(chat_id, int) else None
        return method, values, problems

    def _refuse_the_impatient(self, call: Call) -> None:
        if call.chat_id is not None:
            seconds = self._flood.still_to_wait(call.method, call.chat_id)
            if seconds:
                raise too_many(seconds)

    def _count(self, call: Call) -> None:
        if call.chat_id is not None and call.method in _COUNTED:
            seconds = self._flood.take(call.chat_id, is_group=call.chat_id < 0)
            if seconds:
                raise too_many(seconds)

    async def _done(self, method: Method, ask: Ask) -> object:
        result = self._handlers[method.name](ask)
        if isawaitable(result):
            result = await result
        checked = result
        if isinstance(result, list) and method.name == "getUpdates":
            checked = [each for each in result if each["update_id"] not in self.unchecked]
        self.violations += self._state.contract.problems(
            method.returns, checked, f"the answer to {method.name}"
        )
        return result

    def _failed(self, fault: Before, chat_id: int | None) -> Outcome:
        match fault:
            case TooMany(retry_after=seconds):
                if chat_id is not None:
                    self._flood.told(chat_id, seconds)
                raise too_many(seconds)
            case Status(code=code, description=description):
                return Outcome(code, RefusedError(code, description).body)
            case MigrateTo(chat_id=to):
                if chat_id in self._state.chats:
                    self._state.move(chat_id, to=to)
                raise RefusedError(
                    400,
                    "Bad Request: group chat was upgraded to a supergroup chat",
                    migrate_to_chat_id=to,
                )
            case Html502():
                return GATEWAY_DOWN
            case Drop():
                return Outcome(0, None, fault)


def handlers(state: State) -> Mapping[str, Handler]:
    """Return who does what, by the name of the method."""
    sending, editing, others = Sending(state), Editing(state), Methods(state)
    files = ("sendPhoto", "sendDocument", "sendAnimation", "sendVideo", "sendAudio")
    return {
        "getMe": others.get_me,
        "getUpdates": others.get_updates,
        "setWebhook": others.set_webhook,
        "deleteWebhook": others.delete_webhook,
        "getWebhookInfo": others.get_webhook_info,
        "setMyCommands": others.set_my_commands,
        "getMyCommands": others.get_my_commands,
        "deleteMyCommands": others.delete_my_commands,
        "sendMessage": sending.send_message,
        **dict.fromkeys(files, sending.send_file),
        _ALBUM: sending.send_media_group,
        "editMessageText": editing.edit_text,
        "editMessageCaption": editing.edit_caption,
        "editMessageMedia": editing.edit_media,
        "editMessageReplyMarkup": editing.edit_markup,
        "deleteMessage": editing.delete,
        "setMessageReaction": editing.react,
        "sendChatAction": others.send_chat_action,
        "answerCallbackQuery": others.answer_callback_query,
        "getFile": others.get_file,
        "getChat": others.get_chat,
    }
