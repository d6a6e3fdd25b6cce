"""Every port promises in words, has a contract suite, and is kept openly by somebody in it."""

import pytest

from tests.architecture.ports import Port, is_home, ports_in, unchecked
from tests.architecture.tree import Source, is_protocol, product, sources

PORT = '''
class Lamp(Protocol):
    """Gives light."""

    async def shine(self, *, hours: float) -> None:
        """Shine so long."""
'''
KEEPER = "class OilLamp(Lamp):\n    async def shine(self, *, hours: float) -> None: ..."
SUITE = "@pytest.fixture\ndef lamp() -> Lamp:\n    return OilLamp()"
FAKE = "class FakeLamp(Lamp): ..."


def found_with(*, port: str = PORT, keeper: str = KEEPER, suite: str = SUITE) -> list[str]:
    """Return what is wrong with a house of one port."""
    ports = ports_in([Source("core/light/ports.py", port)])
    house = [Source("infrastructure/lamps.py", keeper)]
    tests = [Source("tests/contracts/test_lamp.py", suite)] if suite else []
    return unchecked(ports, house, tests)


def test_every_port_is_promised_kept_and_checked() -> None:
    ports = ports_in(product())

    assert len(ports) >= 16
    assert unchecked(ports, product(), sources("tests")) == []


def test_protocols_that_others_keep_lie_where_ports_lie() -> None:
    elsewhere = [
        (source.path, node.name)
        for source in sources("core", "infrastructure", "composition")
        for node in source.classes
        if is_protocol(node) and not is_home(source.path)
    ]

    assert elsewhere == []


def test_a_suite_is_named_after_its_port() -> None:
    source = Source("core/points/ports.py", "class PointsLedger(Protocol): ...")
    (port,) = ports_in([source])

    assert isinstance(port, Port)
    assert port.suite == "tests/contracts/test_points_ledger.py"


def test_a_port_with_everything_is_fine() -> None:
    assert found_with() == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"suite": ""}, "has no suite"),
        ({"suite": "def test_nothing() -> None: ...\nlamp = OilLamp()"}, "is not named"),
        ({"suite": "def lamp() -> Lamp: ..."}, "OilLamp is in no suite"),
        ({"keeper": "class OilLamp:\n    async def shine(self): ..."}, "is kept by nobody"),
        ({"port": PORT.replace('        """Shine so long."""', "        ...")}, "does not say"),
    ],
)
def test_a_port_that_lacks_something_is_found(changed: dict[str, str], problem: str) -> None:
    assert any(problem in each for each in found_with(**changed))


def test_a_fake_that_is_not_in_the_suite_is_found() -> None:
    ports = ports_in([Source("core/light/ports.py", PORT)])
    tests = [Source("tests/contracts/test_lamp.py", SUITE), Source("tests/fakes/lamp.py", FAKE)]

    found = unchecked(ports, [Source("infrastructure/lamps.py", KEEPER)], tests)

    assert found == ["tests/fakes/lamp.py: FakeLamp is in no suite of tests/contracts/"]
