from infrastructure.new_ids import RandomIds


def test_seeds_are_spread_over_the_whole_range() -> None:
    ids = RandomIds()

    quarters = {ids.seed() // 2**29 for _ in range(1_000)}

    assert quarters == {0, 1, 2, 3}


def test_two_makers_make_different_ids() -> None:
    assert RandomIds().job() != RandomIds().job()
