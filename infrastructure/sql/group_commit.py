"""
Transactions that wait for the one writer anyway share a commit, and with it a flush to the disk.

An answer never comes before the commit. A group in which one transaction fails is rolled back and
done again one by one: then each has its own end, in the same order. (A savepoint for each would not
do: a constraint that is checked at the commit breaks all of them, and so do some errors of SQLite.)
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

import attrs
import sqlalchemy as sa

from core.shared.errors import StoreTroubleError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Answers = list[Callable[[], None]]

LARGEST_GROUP = 64


@attrs.frozen(eq=False)
class _Waiting(Generic[T_co]):
    """One transaction, and where its caller waits for the answer."""

    transaction: Callable[[sa.Connection], T_co]
    answer: Future[T_co] = attrs.field(factory=Future)


class GroupCommit:
    """
    Gives the writer's thread as many transactions at once as are waiting.

    `write` runs one function in one database transaction, on the thread.
    """

    def __init__(
        self,
        thread: ThreadPoolExecutor,
        write: Callable[[Callable[[sa.Connection], Answers]], Answers],
    ) -> None:
        self._thread = thread
        self._write = write
        self._waiting: deque[_Waiting[object]] = deque()
        self._is_writing = False
        self._lock = Lock()

    def submit(self, transaction: Callable[[sa.Connection], T]) -> Future[T]:
        """Run the transaction in its turn; the answer comes after its commit."""
        waiting = _Waiting(transaction)
        # It has begun as far as its caller is concerned: nobody can take it back.
        waiting.answer.set_running_or_notify_cancel()
        with self._lock:
            self._waiting.append(waiting)
            if not self._is_writing:
                self._thread.submit(self._write_all)
                self._is_writing = True
        return waiting.answer

    def _write_all(self) -> None:
        while group := self._next_group():
            self._write_together(group)

    def _next_group(self) -> Sequence[_Waiting[object]]:
        with self._lock:
            size = min(len(self._waiting), LARGEST_GROUP)
            self._is_writing = size > 0
            return [self._waiting.popleft() for _ in range(size)]

    def _write_together(self, group: Sequence[_Waiting[object]]) -> None:
        try:
            answers = self._write(partial(_run, group=group))
        except StoreTroubleError as trouble:
            # The database's, not one transaction's: all would wait in vain once more.
            for each in group:
                each.answer.set_exception(trouble)
        except Exception as error:  # noqa: BLE001 - it is the caller's, whatever it is
            if len(group) == 1:
                group[0].answer.set_exception(error)
                return
            for each in group:
                self._write_together([each])
        else:
            for answer in answers:
                answer()


def _run(connection: sa.Connection, *, group: Sequence[_Waiting[object]]) -> Answers:
    return [partial(each.answer.set_result, each.transaction(connection)) for each in group]
