"""Whether `run` will be able to listen."""

import socket
from pathlib import Path

from composition.access import Listen
from tests.composition.doctor.reports import dull, report, told


async def test_two_free_addresses_are_fine(tmp_path: Path) -> None:
    check = (await report(dull(tmp_path)))["listeners"]

    assert (check.ok, check.found) == (True, "127.0.0.1:0 and 127.0.0.1:0 are free")


async def test_one_address_for_both_is_one_too_few(tmp_path: Path) -> None:
    same = Listen("127.0.0.1", 39_990)

    assert "only one can listen" in told(
        (await report(dull(tmp_path, listen=same, private_listen=same)))["listeners"]
    )


async def test_an_address_in_use_may_be_that_of_a_station_that_runs(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = Listen("127.0.0.1", taken.getsockname()[1])
        check = (await report(dull(tmp_path, listen=listen)))["listeners"]

    assert (check.ok, str(listen) in check.found, bool(check.fix)) == (None, True, True)


async def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    elsewhere = Listen("203.0.113.7", 8080)

    assert "203.0.113.7:8080" in told(
        (await report(dull(tmp_path, private_listen=elsewhere)))["listeners"]
    )
