from datetime import UTC, datetime

from infrastructure.clock import SystemClock


def test_the_system_clock_shows_the_present() -> None:
    before = datetime.now(UTC)

    now = SystemClock().now()

    assert before <= now <= datetime.now(UTC)
