"""Discord's errors as ours: what may come later, what never will, and what is gone."""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus

import aiohttp
import discord

from adapters.chat.surface import (
    ChatClosedError,
    FilesRefusedError,
    MessageGoneError,
    NotShownError,
)

WAIT_S = 1.0
"""When Discord wants silence and does not say for how long."""

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION = 10003, 10008, 10015, 10062
ALREADY_ACKNOWLEDGED = 40060
INVALID_TOKEN = 50027
TOO_LARGE = 40005
CLOSED = frozenset({UNKNOWN_CHANNEL, 50001, 50007, 50013})
"""No channel, no access, no messages to this person, no permission."""

NO_INTERACTION = frozenset({UNKNOWN_INTERACTION, UNKNOWN_WEBHOOK, INVALID_TOKEN})


class InteractionOverError(NotShownError):
    """The interaction takes no answer (any more)."""

    code = "chat.interaction_over"


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except discord.RateLimited as error:
        raise NotShownError("429", wait_s=error.retry_after) from error
    except discord.HTTPException as error:
        raise _ours(error) from error
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
        raise NotShownError(f"{type(error).__name__}: {error}") from error
    except RuntimeError as error:
        if "closed" not in str(error):
            raise
        # aiohttp says so of a session that was closed between two tries.
        raise NotShownError(str(error)) from error


def _ours(error: discord.HTTPException) -> NotShownError:
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return NotShownError("429", wait_s=_wait_s(error))
    if error.code in CLOSED:
        return ChatClosedError(str(error))
    if error.code == UNKNOWN_MESSAGE:
        return MessageGoneError(str(error))
    if error.code in NO_INTERACTION:
        return InteractionOverError(str(error))
    if error.code == TOO_LARGE or error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return FilesRefusedError(str(error))
    return NotShownError(f"{error.status}: {error}")


def _wait_s(error: discord.HTTPException) -> float:
    told = error.response.headers.get("Retry-After", "")
    return float(told) if told.replace(".", "", 1).isdigit() else WAIT_S
