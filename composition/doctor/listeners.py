"""What `doctor` finds out about the addresses at which `run` listens."""

import asyncio
import errno
import socket
from collections.abc import Iterable, Sequence

import attrs

from composition.access import Listen
from composition.config import Config
from composition.doctor.check import Check, Step

LISTENERS = "listeners"
FIX = "Set STATIONTHIS_LISTEN and STATIONTHIS_PRIVATE_LISTEN to two addresses that are free here."


@attrs.frozen
class ListenerChecks:
    """Tries to listen where `run` will: at once, and at both."""

    config: Config

    def steps(self) -> Sequence[Step]:
        """Return the one check."""
        return (Step(LISTENERS, lambda: asyncio.to_thread(self._listeners)),)

    def _listeners(self) -> Check:
        if self.config.listen == self.config.private_listen and self.config.listen.port:
            found = f"both are {self.config.listen}, where only one can listen"
            return Check(name=LISTENERS, ok=False, found=found, fix=FIX)
        held: list[socket.socket] = []
        try:
            for listen in (self.config.listen, self.config.private_listen):
                try:
                    held.extend(bound(listen))
                except OSError as error:
                    return _refused(listen, error)
        finally:
            close(held)
        places = f"{self.config.listen} and {self.config.private_listen}"
        return Check(name=LISTENERS, ok=True, found=f"{places} are free")


def bound(listen: Listen) -> list[socket.socket]:
    """
    Return sockets that listen there: a name may have several addresses. Raises OSError.

    The name is looked up while the caller waits: call it in a thread.
    """
    found = socket.getaddrinfo(
        listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    made: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            made.append(socket.socket(family, kind, protocol))
            made[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made[-1].bind(address)
            made[-1].listen()
    except OSError:
        close(made)
        raise
    return made


def close(sockets: Iterable[socket.socket]) -> None:
    """Close all of them."""
    for each in sockets:
        each.close()


def _refused(listen: Listen, error: OSError) -> Check:
    found = f"{listen}: {error.strerror or error}"
    if error.errno != errno.EADDRINUSE:
        return Check(name=LISTENERS, ok=False, found=found, fix=FIX)
    # A StationThis that runs has them, and doctor may well be asked while it does.
    found = f"{listen} is in use: fine if StationThis is running, or `run` cannot start"
    return Check(name=LISTENERS, ok=None, found=found, fix=FIX)
