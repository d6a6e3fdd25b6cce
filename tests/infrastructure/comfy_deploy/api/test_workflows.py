"""Workflows and their versions as the service wants them asked for, and as it answers."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import attrs
import pytest

from core.shared.errors import (
    NotThereError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
)
from infrastructure.comfy_deploy.api.workflows import (
    VersionOrder,
    WorkflowChange,
    WorkflowOrder,
    Workflows,
)
from tests.infrastructure.comfy_deploy.api.test_deployments import (
    UNKNOWN,
    WORKFLOW,
    asked,
    recorded,
    recorded_row,
    service,
)
from tests.infrastructure.comfy_deploy.loopback import Reply, json_reply

VERSION = "203d8ba7-5988-4fca-bef6-453b9b05ca2c"
CANVAS = {"nodes": [{"id": 1, "title": "é"}]}
GRAPH = {"1": {"class_type": "KSampler", "inputs": {"seed": 18446744073709551615}}}
VERSION_ORDER = VersionOrder(workflow=CANVAS, workflow_api=GRAPH, comment="v3")
WORKFLOW_ORDER = WorkflowOrder(name="w", workflow=CANVAS, workflow_api=GRAPH)


async def test_a_list_is_one_page_of_the_services_own_size() -> None:
    async with service(recorded("workflows")) as (server, calls):
        found = await Workflows(calls).list()

    assert asked(server) == ["GET /workflows?limit=100&offset=0"]
    assert [(each.name, each.user_name) for each in found] == [("wf one (Cloned)", "User One")]


async def test_a_list_is_narrowed_by_what_was_asked() -> None:
    async with service(json_reply([])) as (server, calls):
        await Workflows(calls).list(
            search="a b", limit=5, offset=10, user_ids="u1,u2", machine_id="m1"
        )

    assert asked(server) == [
        "GET /workflows?limit=5&offset=10&search=a b&user_ids=u1,u2&machine_id=m1"
    ]


async def test_all_workflows_are_listed_without_filters() -> None:
    async with service(recorded("all workflows")) as (server, calls):
        found = await Workflows(calls).all()

    assert asked(server) == ["GET /workflows/all"]
    assert [(each.id, each.name) for each in found] == [(WORKFLOW, "wf one")]


async def test_all_workflows_are_searched_up_to_a_limit() -> None:
    async with service(json_reply([])) as (server, calls):
        await Workflows(calls).all(search="wf", limit=2)

    assert asked(server) == ["GET /workflows/all?search=wf&limit=2"]


async def test_a_workflow_comes_with_its_newest_version_and_both_graphs() -> None:
    async with service(recorded("workflow")) as (server, calls):
        found = await Workflows(calls).get(WORKFLOW)

    assert asked(server) == [f"GET /workflow/{WORKFLOW}?limit=1"]
    (version,) = found.versions
    assert (version.version, list(version.workflow_api)) == (2, ["1"])


async def test_times_with_a_space_and_no_zone_are_utc() -> None:
    async with service(recorded("workflow")) as (_, calls):
        found = await Workflows(calls).get(WORKFLOW)

    assert found.created_at == datetime(2026, 11, 22, 21, 50, 33, 108796, tzinfo=UTC)


async def test_more_versions_come_with_a_workflow_when_wanted() -> None:
    async with service(recorded("workflow")) as (server, calls):
        await Workflows(calls).get(WORKFLOW, versions=5)

    assert asked(server) == [f"GET /workflow/{WORKFLOW}?limit=5"]


async def test_t_11_a_new_workflow_has_its_graphs_as_text() -> None:
    async with service(recorded("create workflow")) as (server, calls):
        made = await Workflows(calls).create(WORKFLOW_ORDER)

    sent = server.seen[0].json
    assert (asked(server), sorted(sent)) == (
        ["POST /workflow"],
        ["name", "workflow_api", "workflow_json"],
    )
    assert [json.loads(str(sent[key])) for key in ("workflow_json", "workflow_api")] == [
        CANVAS,
        GRAPH,
    ]
    assert (made.workflow_id[:8], made.machine_id) == ("79331044", "")


async def test_a_workflow_may_be_made_without_a_graph_that_runs() -> None:
    async with service(recorded("create workflow")) as (server, calls):
        await Workflows(calls).create(WorkflowOrder(name="w", workflow=CANVAS, machine_id="m1"))

    assert sorted(server.seen[0].json) == ["machine_id", "name", "workflow_json"]


async def test_a_change_sends_only_what_is_to_be_different() -> None:
    async with service(recorded("change workflow")) as (server, calls):
        changed = await Workflows(calls).change(WORKFLOW, WorkflowChange(description="d"))

    assert asked(server) == [f"PATCH /workflow/{WORKFLOW}"]
    assert (server.seen[0].json, changed.description) == ({"description": "d"}, "d")


async def test_a_pin_goes_alone_because_the_service_ignores_what_is_beside_it() -> None:
    pinned = json_reply(recorded_row("change workflow", pinned=True))
    async with service(recorded("change workflow"), pinned) as (server, calls):
        changed = await Workflows(calls).change(WORKFLOW, WorkflowChange(name="n", pinned=True))

    assert [each.json for each in server.seen] == [{"name": "n"}, {"pinned": True}]
    assert changed.pinned


async def test_unpinning_alone_is_one_call() -> None:
    async with service(recorded("change workflow")) as (server, calls):
        await Workflows(calls).change(WORKFLOW, WorkflowChange(pinned=False))

    assert [each.json for each in server.seen] == [{"pinned": False}]


async def test_a_workflow_is_deleted() -> None:
    answer = json_reply({"message": "Workflow deleted successfully"})
    async with service(answer) as (server, calls):
        await Workflows(calls).delete(WORKFLOW)

    assert asked(server) == [f"DELETE /workflow/{WORKFLOW}"]


@pytest.mark.parametrize(("name", "body"), [(None, {}), ("copy", {"name": "copy"})])
async def test_a_workflow_is_cloned_with_or_without_a_name(
    name: str | None, body: dict[str, str]
) -> None:
    async with service(recorded("clone")) as (server, calls):
        made = await Workflows(calls).clone(WORKFLOW, name=name)

    assert asked(server) == [f"POST /workflow/{WORKFLOW}/clone"]
    assert (server.seen[0].json, made.name) == (body, "wf one (Cloned)")


async def test_versions_are_listed_without_their_graphs() -> None:
    versions = [recorded_row("version by id"), recorded_row("version")]
    async with service(json_reply(versions)) as (server, calls):
        found = await Workflows(calls).versions(WORKFLOW, search="v", limit=2, offset=1)

    assert asked(server) == [f"GET /workflow/{WORKFLOW}/versions?limit=2&offset=1&search=v"]
    assert [(each.version, each.comment) for each in found] == [(2, "v2"), (1, "initial version")]
    assert "workflow_api" not in attrs.asdict(found[0])


async def test_t_09_a_version_is_read_by_its_number() -> None:
    async with service(recorded("version")) as (server, calls):
        found = await Workflows(calls).version(WORKFLOW, 1)

    assert asked(server) == [f"GET /workflow/{WORKFLOW}/version/1"]
    assert (found.version, list(found.workflow)) == (1, ["nodes"])


async def test_t_09_a_version_is_read_by_its_id() -> None:
    async with service(recorded("version by id")) as (server, calls):
        found = await Workflows(calls).version_by_id(VERSION)

    assert (asked(server), found.id) == ([f"GET /workflow-version/{VERSION}"], VERSION)


async def test_a_version_is_added_with_its_graphs_as_objects() -> None:
    async with service(recorded("version by id")) as (server, calls):
        await Workflows(calls).add_version(WORKFLOW, VERSION_ORDER)

    assert asked(server) == [f"POST /workflow/{WORKFLOW}/version"]
    assert server.seen[0].json == {"workflow": CANVAS, "workflow_api": GRAPH, "comment": "v3"}


@pytest.mark.parametrize("told", ["2026-11-22T21:50:33.197248+00Z", "2026-11-22T21:50Z"])
async def test_the_odd_times_of_a_new_version_are_understood(told: str) -> None:
    async with service(json_reply(recorded_row("version by id", created_at=told))) as (_, calls):
        found = await Workflows(calls).add_version(WORKFLOW, VERSION_ORDER)

    assert found.created_at is not None
    assert found.created_at.replace(second=0, microsecond=0) == datetime(
        2026, 11, 22, 21, 50, tzinfo=UTC
    )


async def test_an_export_is_the_canvas_apart_from_what_came_with_it() -> None:
    async with service(recorded("export")) as (server, calls):
        found = await Workflows(calls).export(WORKFLOW)

    assert asked(server) == [f"GET /workflow/{WORKFLOW}/export"]
    assert (list(found.workflow), list(found.workflow_api)) == (["nodes"], ["1"])


async def test_an_older_version_is_exported_by_its_number() -> None:
    async with service(recorded("export")) as (server, calls):
        await Workflows(calls).export(WORKFLOW, version=1)

    assert asked(server) == [f"GET /workflow/{WORKFLOW}/export?version=1"]


NO_WORKFLOW = json_reply({"detail": "Workflow not found"}, status=404)
NO_UUID = json_reply(
    {"detail": [{"type": "uuid_parsing", "loc": ["path", "version"], "msg": "Input should be"}]},
    status=422,
)


@pytest.mark.parametrize(
    ("answer", "call", "expected"),
    [
        (recorded("workflow unknown"), lambda it: it.get(UNKNOWN), NotThereError),
        (recorded("workflow unknown"), lambda it: it.versions(UNKNOWN), NotThereError),
        (recorded("version unknown"), lambda it: it.version(WORKFLOW, 99), NotThereError),
        (recorded("version unknown"), lambda it: it.version_by_id(UNKNOWN), NotThereError),
        (NO_UUID, lambda it: it.version_by_id("abc"), ServiceRefusedError),
        (NO_WORKFLOW, lambda it: it.change(UNKNOWN, WorkflowChange()), NotThereError),
        (NO_WORKFLOW, lambda it: it.delete(UNKNOWN), NotThereError),
        (NO_WORKFLOW, lambda it: it.clone(UNKNOWN), NotThereError),
        (recorded("workflow unknown"), lambda it: it.export(UNKNOWN), NotThereError),
        (
            recorded("add version refused"),
            lambda it: it.add_version(WORKFLOW, VERSION_ORDER),
            ServiceRefusedError,
        ),
        (
            recorded("add version refused"),
            lambda it: it.create(WORKFLOW_ORDER),
            ServiceRefusedError,
        ),
        # Asked once although a crash may pass: a second call might make a second workflow.
        (recorded("workflow no uuid"), lambda it: it.create(WORKFLOW_ORDER), ServiceTroubleError),
        (recorded("workflow no uuid"), lambda it: it.clone("abc"), ServiceTroubleError),
    ],
)
async def test_a_refusal_has_its_error_at_the_first_answer(
    answer: Reply,
    call: Callable[[Workflows], Awaitable[object]],
    expected: type[ServiceError],
) -> None:
    async with service(answer) as (server, calls):
        with pytest.raises(ServiceError) as caught:
            await call(Workflows(calls))

    assert (type(caught.value), len(server.seen)) == (expected, 1)


@pytest.mark.parametrize(
    ("answer", "call"),
    [
        (recorded("workflows crashed"), lambda it: it.list()),
        (recorded("workflow no uuid"), lambda it: it.get("abc")),
    ],
)
@pytest.mark.usefixtures("no_pauses")
async def test_a_crash_is_trouble(
    answer: Reply, call: Callable[[Workflows], Awaitable[object]]
) -> None:
    async with service(answer) as (_, calls):
        with pytest.raises(ServiceTroubleError):
            await call(Workflows(calls))
