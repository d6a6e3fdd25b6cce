"""What files are."""

import pytest

from core.media.model import EXTENSIONS, MediaKind, kind_of, mime_of
from core.shared.ids import MediaId
from tests.builders import a_media_ref


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/png", MediaKind.IMAGE),
        ("image/gif", MediaKind.ANIMATION),
        ("video/webm", MediaKind.VIDEO),
        ("audio/flac", MediaKind.AUDIO),
        ("application/zip", MediaKind.FILE),
        ("", MediaKind.FILE),
        ("model/gltf-binary", MediaKind.FILE),
    ],
)
def test_a_type_says_what_people_do_with_a_file(mime: str, kind: MediaKind) -> None:
    assert kind_of(mime) is kind


@pytest.mark.parametrize(("mime", "extension"), EXTENSIONS.items())
def test_the_extension_of_an_id_tells_the_type(mime: str, extension: str) -> None:
    assert mime_of(MediaId(f"5f0c.{extension}")) == mime


@pytest.mark.parametrize("media", ["5f0c.bin", "5f0c", "", "5f0c.png.exe"])
def test_any_other_file_is_bytes(media: str) -> None:
    assert mime_of(MediaId(media)) == "application/octet-stream"


def test_a_reference_knows_its_kind_and_has_a_size() -> None:
    assert a_media_ref("5f0c.mp4").kind is MediaKind.VIDEO
    with pytest.raises(ValueError, match="must be >= 0"):
        a_media_ref(size_bytes=-1)
