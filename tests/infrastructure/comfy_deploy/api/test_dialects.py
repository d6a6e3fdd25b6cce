"""The first generation of the API, and that what is asked in it has the same results."""

import pytest

from core.generations.model import RunOutput, RunStatus
from core.shared.errors import (
    RunUnknownError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
    SubmitUnclearError,
)
from infrastructure.comfy_deploy.api.dialects import CurrentDialect, LegacyDialect, dialect_of
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.api.runs import Runs
from tests.infrastructure.comfy_deploy.api.recorded_runs import given
from tests.infrastructure.comfy_deploy.loopback import (
    CUT,
    HTML,
    KEY,
    RESET,
    Loopback,
    Reply,
    json_reply,
    reply,
)

RUN = "b2141af9-f87f-4e3a-b4d2-797280afec47"
DEPLOYMENT = "3116a278-66b0-44bf-9e3d-841e52ae82b1"
ORDER = RunOrder(deployment_id=DEPLOYMENT, inputs={"prompt": "fox"})
NOT_THERE = json_reply({"code": 400, "message": "Workflow not found"}, status=400)
STORED = reply("", kind="application/xml")
SIGNED = "X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-acl"


@pytest.mark.parametrize(("name", "kind"), [("current", CurrentDialect), ("legacy", LegacyDialect)])
async def test_the_settings_choose_the_dialect(name: str, kind: type) -> None:
    async with given("made", dialect=name) as asked:
        assert type(dialect_of(asked.calls.client)) is kind


async def test_the_first_generation_queues_at_its_only_route() -> None:
    async with given("legacy_queued", dialect="legacy") as asked:
        run_id = await Runs(asked.calls).queue(ORDER)

    assert run_id == "9cd2e988-b029-497f-ac85-665a3a061a1b"
    assert asked.line == "POST /run"
    assert asked.sent == {"deployment_id": DEPLOYMENT, "inputs": {"prompt": "fox"}}


async def test_the_first_generation_gets_texts_and_numbers_only() -> None:
    order = RunOrder(
        deployment_id=DEPLOYMENT, inputs={"on": True, "off": False, "urls": ["a", "b"], "n": 1.5}
    )
    async with given("legacy_queued", dialect="legacy") as asked:
        await Runs(asked.calls).queue(order)

    assert (
        b'"inputs":{"on":1,"off":0,"urls":"[\\"a\\",\\"b\\"]","n":1.5}' in asked.server.seen[0].body
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_reply({"error": "Deployment not found"}, status=500), SubmitUnclearError),
        (reply("Invalid or expired token", status=401, kind="text/plain"), ServiceRefusedError),
        (HTML, SubmitUnclearError),
        (CUT, SubmitUnclearError),
        (json_reply({}), SubmitUnclearError),
    ],
)
async def test_a_failed_order_of_the_first_generation_is_not_repeated(
    answer: Reply, error: type[ServiceError]
) -> None:
    async with given(answer, dialect="legacy") as asked:
        with pytest.raises(error):
            await Runs(asked.calls).queue(ORDER)

    assert len(asked.server.seen) == 1


async def test_the_first_generation_tells_of_a_run_by_a_query() -> None:
    async with given("legacy_made", dialect="legacy") as asked:
        run = await Runs(asked.calls).get(RUN)

    assert asked.line == f"GET /run?run_id={RUN}"
    assert (run.status, run.run_s, run.outputs) == (
        RunStatus.SUCCESS,
        0.549723,
        (RunOutput(url="http://127.0.0.1/x.png", filename="ComfyUI_00001_.png"),),
    )


async def test_the_first_generation_tells_of_outputs_in_three_lists() -> None:
    outputs = [
        {"data": {"gifs": [{"url": "https://a.example/v.mp4", "filename": "v.mp4"}]}},
        {"data": {"files": [{"url": "https://a.example/m.glb"}], "text": ["a fox"]}},
    ]
    answer = json_reply({"id": RUN, "status": "success", "outputs": outputs})
    async with given(answer, dialect="legacy") as asked:
        run = await Runs(asked.calls).get(RUN)

    assert [each.filename or each.text for each in run.outputs] == ["v.mp4", "m.glb", "a fox"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (NOT_THERE, RunUnknownError),
        (json_reply({"detail": "Run not found"}, status=404), RunUnknownError),
        (json_reply({"error": "Forbidden"}, status=403), ServiceRefusedError),
        (HTML, ServiceTroubleError),
    ],
)
async def test_a_run_that_the_first_generation_does_not_tell_of_has_its_error(
    answer: Reply, error: type[ServiceError]
) -> None:
    async with given(answer, dialect="legacy") as asked:
        with pytest.raises(error):
            await Runs(asked.calls).get(RUN)

    assert len(asked.server.seen) == 1


async def test_a_400_of_today_is_no_unknown_run() -> None:
    async with given(NOT_THERE) as asked:
        with pytest.raises(ServiceRefusedError):
            await Runs(asked.calls).get(RUN)


async def test_the_first_generation_is_never_asked_to_cancel() -> None:
    async with given("cancel", dialect="legacy") as asked:
        assert not await Runs(asked.calls).cancel(RUN)

    assert not asked.server.seen


async def test_a_file_goes_up_in_one_step_today() -> None:
    async with given(json_reply({"file_url": "https://a.example/i.png"})) as asked:
        url = await dialect_of(asked.calls.client).upload(b"PNG", "fox.png")

    assert url == "https://a.example/i.png"
    assert asked.line == "POST /file/upload"


class Storage:
    """A first-generation server that names a second one as the place for files."""

    def __init__(self, *answers: Reply, query: str = "X-Amz-SignedHeaders=host") -> None:
        self.bucket = Loopback(*answers)
        self.api = Loopback(STORED)
        self.query = query

    async def upload(self, data: bytes = b"PNG", name: str = "fox.png") -> str:
        """Upload through the legacy dialect; both servers have ended when it returns."""
        async with self.bucket:
            place = {
                "upload_url": f"{self.bucket.root}/inputs/img_1.png?{self.query}",
                "file_id": "img_1",
                "download_url": "https://cdn.example/inputs/img_1.png",
            }
            async with given(json_reply(place), dialect="legacy") as asked:
                self.api = asked.server
                return await dialect_of(asked.calls.client).upload(data, name)


async def test_a_file_is_put_where_the_first_generation_wants_it() -> None:
    storage = Storage(STORED)

    url = await storage.upload(b"PNG", "fox.png")

    (asked,), (put,) = storage.api.seen, storage.bucket.seen
    assert url == "https://cdn.example/inputs/img_1.png"
    assert asked.target == "/api/upload-url?type=image/png&file_size=3"
    assert (put.method, put.body, put.headers["content-type"]) == ("PUT", b"PNG", "image/png")


async def test_the_place_for_files_never_sees_our_key() -> None:
    storage = Storage(STORED)

    await storage.upload()

    (put,) = storage.bucket.seen
    assert KEY not in str(put.headers)
    assert "authorization" not in put.headers


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.JPG", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("a.mp4", "video/mp4"),
        ("a.zip", "application/zip"),
        ("a.exr", "application/octet-stream"),
        ("png", "application/octet-stream"),
    ],
)
async def test_a_files_type_is_told_by_its_name(name: str, kind: str) -> None:
    storage = Storage(STORED)

    await storage.upload(name=name)

    assert storage.bucket.seen[0].headers["content-type"] == kind


@pytest.mark.parametrize(
    ("query", "acl"), [(SIGNED, "public-read"), ("X-Amz-SignedHeaders=host", None), ("", None)]
)
async def test_a_file_is_made_public_only_where_the_address_asks_for_it(
    query: str, acl: str | None
) -> None:
    storage = Storage(STORED, query=query)

    await storage.upload()

    assert storage.bucket.seen[0].headers.get("x-amz-acl") == acl


@pytest.mark.parametrize("failure", [RESET, reply("", status=503, kind="text/xml")])
async def test_putting_a_file_is_repeated(no_pauses: None, failure: Reply) -> None:
    storage = Storage(failure, STORED)

    await storage.upload()

    assert [each.body for each in storage.bucket.seen] == [b"PNG", b"PNG"]


async def test_a_file_that_is_refused_is_not_put_again() -> None:
    storage = Storage(reply("<Error/>", status=403, kind="application/xml"))

    with pytest.raises(ServiceRefusedError):
        await storage.upload()

    assert len(storage.bucket.seen) == 1


@pytest.mark.parametrize(
    "place",
    [{}, {"upload_url": "http://127.0.0.1:9/x"}, {"download_url": "https://a.example/x"}, []],
)
async def test_a_place_without_its_addresses_is_trouble(place: object) -> None:
    async with given(json_reply(place), dialect="legacy") as asked:
        with pytest.raises(ServiceTroubleError):
            await dialect_of(asked.calls.client).upload(b"PNG", "fox.png")


async def test_a_server_without_that_route_refuses_the_file() -> None:
    async with given("no_legacy_uploads", dialect="legacy") as asked:
        with pytest.raises(ServiceRefusedError):
            await dialect_of(asked.calls.client).upload(b"PNG", "fox.png")
