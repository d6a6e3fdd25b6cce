import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from infrastructure.data_folder import DataFolder, DataFolderInUseError, DataFolderUnusableError

HOLDER = """
import sys
from pathlib import Path
from infrastructure.data_folder import DataFolder
with DataFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "deep" / "data")

    assert rights(folder.path) == 0o700


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)

    DataFolder(tmp_path)

    assert rights(tmp_path) == 0o750


def test_a_file_in_the_folders_place_is_explained(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("a file")

    with pytest.raises(DataFolderUnusableError) as raised:
        DataFolder(place)

    assert str(place) in raised.value.user_message
    assert "--data" in raised.value.user_message


def test_the_secret_is_64_hexadecimal_characters_for_its_owner_alone(tmp_path: Path) -> None:
    secret = DataFolder(tmp_path).secret()

    assert len(bytes.fromhex(secret)) == 32
    assert rights(tmp_path / "secret") == 0o600


def test_the_secret_stays_the_same(tmp_path: Path) -> None:
    first = DataFolder(tmp_path).secret()

    assert DataFolder(tmp_path).secret() == first


def test_two_folders_have_two_secrets(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "a"), DataFolder(tmp_path / "b")

    assert first.secret() != second.secret()


def test_many_first_starts_at_once_get_one_secret(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)

    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: folder.secret(), range(64)))

    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("content", ["", "short", "g" * 64, "0" * 65])
def test_a_damaged_secret_is_explained_and_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret").write_text(content)

    with pytest.raises(DataFolderUnusableError, match="64 hexadecimal"):
        DataFolder(tmp_path).secret()

    assert (tmp_path / "secret").read_text() == content


def test_the_database_url_names_a_file_in_the_folder(tmp_path: Path) -> None:
    url = make_url(DataFolder(tmp_path).database_url)

    assert url.drivername == "sqlite"
    assert url.database == str(tmp_path / "station.db")


def test_the_media_lie_in_the_folder(tmp_path: Path) -> None:
    assert DataFolder(tmp_path).media == tmp_path / "media"


def test_a_second_holder_is_told_what_to_do(tmp_path: Path) -> None:
    with (
        DataFolder(tmp_path).lock(),
        pytest.raises(DataFolderInUseError) as raised,
        DataFolder(tmp_path).lock(),
    ):
        pass

    assert str(tmp_path) in raised.value.user_message
    assert "--data" in raised.value.user_message


def test_a_lock_that_was_given_back_can_be_had_again(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.lock():
        pass

    with folder.lock():
        held_again = True

    assert held_again


def test_a_process_that_dies_gives_its_lock_back(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DataFolderInUseError), DataFolder(tmp_path).lock():
            pass
        holder.kill()

    with DataFolder(tmp_path).lock():
        held_again = True

    assert held_again


def test_the_operators_own_files_need_not_be_there(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)

    assert (folder.wildcards, folder.loras) == (tmp_path / "wildcards", tmp_path / "loras.toml")
    assert not folder.wildcards.exists()
