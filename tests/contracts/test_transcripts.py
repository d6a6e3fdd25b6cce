"""What every Transcripts promises."""

import asyncio
from datetime import timedelta

import pytest

from core.sessions.ports import Transcripts
from core.shared.ids import ChatId
from infrastructure.memory.transcripts import InMemoryTranscripts
from infrastructure.sql.database import Database
from infrastructure.sql.transcripts import SqlTranscripts
from tests.builders import CHAT, NOW, a_message


@pytest.fixture
def transcripts(database: Database | None) -> Transcripts:
    return InMemoryTranscripts() if database is None else SqlTranscripts(database)


async def heard(transcripts: Transcripts, since: int = 0, limit: int = 100) -> list[str]:
    return [message.body for message in await transcripts.since(CHAT, since, limit=limit)]


async def test_messages_come_back_in_their_order(transcripts: Transcripts) -> None:
    first = await transcripts.put(CHAT, a_message("m-1", body="one \u2603 \U0001f98a"))
    second = await transcripts.put(CHAT, a_message("m-2", at=NOW - timedelta(hours=1)))

    assert 0 < first.seq < second.seq
    assert await transcripts.since(CHAT, 0, limit=10) == [first, second]


async def test_a_changed_message_is_there_once_with_a_new_seq(transcripts: Transcripts) -> None:
    await transcripts.put(CHAT, a_message("m-1", body="draft"))
    last = await transcripts.put(CHAT, a_message("m-2", body="other"))
    changed = await transcripts.put(CHAT, a_message("m-1", body="done"))

    assert await heard(transcripts) == ["other", "done"]
    assert await transcripts.since(CHAT, last.seq, limit=10) == [changed]


async def test_only_the_newest_are_told_when_there_are_more(transcripts: Transcripts) -> None:
    for number in range(5):
        await transcripts.put(CHAT, a_message(f"m-{number}", body=str(number)))

    assert await heard(transcripts, limit=2) == ["3", "4"]
    assert await heard(transcripts, since=5) == []


async def test_chats_do_not_hear_each_other(transcripts: Transcripts) -> None:
    await transcripts.put(CHAT, a_message("m-1", body="mine"))
    await transcripts.put(ChatId("web:chat-2"), a_message("m-1", body="yours"))

    assert await heard(transcripts) == ["mine"]


async def test_writers_at_once_get_different_seqs(transcripts: Transcripts) -> None:
    stored = await asyncio.gather(
        *(transcripts.put(CHAT, a_message(f"m-{number}")) for number in range(20))
    )

    assert len({message.seq for message in stored}) == 20
    assert len(await heard(transcripts)) == 20
