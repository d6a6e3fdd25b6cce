"""What becomes of forms and settings when a workflow changes, and who is told."""

from datetime import timedelta

import attrs
import pytest

from core.sessions.model import Preferences, common, personal
from core.shared.events import OperatorAlerted, WorkflowsChanged
from core.shared.ids import WorkflowKey, WorkflowName
from core.use_cases.guard_drift import TOLD_AGAIN_AFTER
from core.workflows.refreshed import TEXT_LENGTH
from tests.builders import (
    BOB,
    CHAT,
    a_draft,
    a_workflow,
    an_input,
    some_preferences,
)
from tests.core.use_cases.drifting import (
    ADAS,
    IMAGE,
    NEW,
    NOTHING,
    OLD,
    PROMPT,
    STEPS,
    TOO_WIDE,
    Station,
    of,
    snapshot,
)


async def test_a_form_follows_its_workflow_and_says_what_is_left_out() -> None:
    station = Station()
    await station.drafts.add(
        a_draft(words="a fox", values={"steps": 30, "width": 1_500}, media={"image": "5.png"})
    )

    await station.guard(snapshot(OLD), snapshot(NEW))

    assert await station.draft() == attrs.evolve(
        a_draft(words="a fox", values={"num_steps": 30}, media={"image": "5.png"}),
        notes=(TOO_WIDE,),
        version=1,
    )


async def test_everybodys_settings_follow_the_workflow_and_keep_the_reasons() -> None:
    station = Station()
    await station.prefer(ADAS, some_preferences({"steps": 30, "width": 1_500}))
    await station.prefer(common(CHAT), some_preferences({"steps": 40}, set_aside={"x": "gone"}))
    await station.prefer(personal(BOB), some_preferences({"prompt": "a fox"}))

    await station.guard(snapshot(OLD), snapshot(NEW))

    assert await station.preferred() == Preferences(
        values={"num_steps": 30}, set_aside={"width": TOO_WIDE}
    )
    assert await station.preferred(common(CHAT)) == Preferences(
        values={"num_steps": 40}, set_aside={"x": "gone"}
    )
    assert await station.preferred(personal(BOB)) == Preferences(values={"prompt": "a fox"})


async def test_a_setting_that_has_a_value_again_is_not_set_aside_any_more() -> None:
    station = Station()
    await station.prefer(ADAS, some_preferences({"steps": 30}, set_aside={"num_steps": "gone"}))

    await station.guard(snapshot(OLD), snapshot(NEW))

    assert await station.preferred() == Preferences(values={"num_steps": 30})


@pytest.mark.parametrize(
    ("asking", "asks_now"), [("steps", "num_steps"), ("width", "width"), ("style", ""), ("", "")]
)
async def test_a_form_asks_on_under_the_new_name_or_no_more(asking: str, asks_now: str) -> None:
    station = Station()
    await station.drafts.add(a_draft(asking=asking))

    await station.guard(snapshot(OLD), snapshot(NEW))

    draft = await station.draft()
    assert draft is not None
    assert draft.asking == asks_now


async def test_words_that_have_no_place_any_more_are_noted() -> None:
    station = Station()
    await station.drafts.add(a_draft(words="a fox"))

    await station.guard(of(PROMPT, STEPS), of(STEPS))

    assert await station.draft() == attrs.evolve(
        a_draft(), notes=("/text2img takes no words any more; they were “a fox”.",), version=1
    )


async def test_a_file_for_what_is_a_text_now_is_left_out() -> None:
    station = Station()
    await station.drafts.add(a_draft(media={"image": "5f0c.png"}))

    await station.guard(of(IMAGE), of(an_input("image")))

    draft = await station.draft()
    assert draft is not None
    assert (draft.values, draft.media) == ({}, {})
    assert draft.notes == ("“image” means something else now; it was a file.",)


async def test_a_renamed_workflow_keeps_its_forms_and_settings() -> None:
    station = Station()
    await station.drafts.add(a_draft(values={"steps": 30}))
    await station.prefer(ADAS, some_preferences())
    renamed = attrs.evolve(OLD, name=WorkflowName("draw"))

    await station.guard(snapshot(OLD), snapshot(renamed))

    draft = await station.draft()
    assert draft is not None
    assert (draft.workflow, draft.values) == ("draw", {"steps": 30})
    assert await station.preferred() == some_preferences()
    assert station.changed == [("draw", "text2img")]


async def test_t_28_a_redeploy_takes_nothing_from_forms_and_settings() -> None:
    station = Station()
    await station.drafts.add(a_draft(values={"steps": 30}))
    await station.prefer(ADAS, some_preferences())
    redeployed = a_workflow(inputs=OLD.inputs, deployment=type(OLD.deployment)("another"))

    await station.guard(snapshot(OLD), snapshot(redeployed))

    assert await station.draft() == a_draft(values={"steps": 30})
    assert await station.preferred() == some_preferences()
    assert station.alerts == []


async def test_a_workflow_that_is_gone_keeps_its_forms_and_the_settings() -> None:
    station = Station()
    await station.drafts.add(a_draft())
    await station.prefer(ADAS, some_preferences())
    other = a_workflow("other")

    await station.guard(snapshot(OLD, other), snapshot(other))

    assert await station.draft() == a_draft()
    assert await station.preferred() == some_preferences()


async def test_what_only_could_not_be_read_is_not_gone() -> None:
    station = Station()
    await station.drafts.add(a_draft())

    await station.guard(snapshot(OLD), snapshot(whole=False))

    assert await station.draft() == a_draft()
    assert station.changed == [()]


async def test_a_workflow_that_hides_behind_another_is_not_gone() -> None:
    station = Station()
    await station.drafts.add(a_draft())
    newer = attrs.evolve(OLD, key=WorkflowKey("0"), deployment=type(OLD.deployment)("0"))

    await station.guard(snapshot(OLD), snapshot(OLD, newer))

    assert await station.draft() == a_draft()
    assert station.alerts[0].startswith(
        "The workflows have changed.\nSeveral workflows are called text2img: "
    )


async def test_a_workflow_that_comes_back_takes_only_what_it_takes() -> None:
    station = Station()
    await station.prefer(ADAS, some_preferences({"steps": 30, "width": 1_500}))

    await station.guard(snapshot(a_workflow("other")), snapshot(a_workflow("other"), NEW))

    assert await station.preferred() == Preferences(
        set_aside={
            "steps": "/text2img has no input “steps” any more; it was 30.",
            "width": TOO_WIDE,
        }
    )


async def test_operators_hear_once_of_all_that_a_reading_has_brought() -> None:
    station = Station()
    before = snapshot(OLD, a_workflow("old"), attrs.evolve(a_workflow("a"), key=WorkflowKey("1")))
    renamed = attrs.evolve(a_workflow("b"), key=WorkflowKey("1"))

    await station.guard(
        before, snapshot(NEW, a_workflow("fresh"), renamed, warnings=("Bad note.",))
    )

    assert station.events.events == [
        OperatorAlerted(
            "workflows.changed",
            "The workflows have changed.\n"
            "/text2img: “steps” was renamed to “num_steps”; "
            "“width” now takes 64 to 1,024 (was 64 to 2,048).\n"
            "Bad note.\n"
            "Renamed: /a is now /b.\n"
            "New: /fresh.\n"
            "Gone: /old.",
        ),
        WorkflowsChanged(("a", "b", "fresh", "old", "text2img")),
    ]


async def test_new_and_gone_workflows_alone_are_no_matter_for_an_alert() -> None:
    station = Station()

    await station.guard(snapshot(OLD), snapshot(a_workflow("other")))

    assert station.alerts == []
    assert station.changed == [("other", "text2img")]


async def test_a_first_reading_alerts_nobody_and_tells_the_fronts() -> None:
    station = Station()
    await station.prefer(ADAS, some_preferences({"width": 1_500}))

    await station.guard(NOTHING, snapshot(NEW, a_workflow("other"), warnings=("Bad note.",)))

    assert station.events.events == [WorkflowsChanged(("other", "text2img"))]
    assert await station.preferred() == Preferences(set_aside={"width": TOO_WIDE})


async def test_a_workflow_after_none_is_no_first_reading() -> None:
    station = Station()

    await station.guard(snapshot(), snapshot(NEW, warnings=("Bad note.",)))

    assert station.alerts == ["The workflows have changed.\nBad note.\nNew: /text2img."]


async def test_a_problem_that_comes_and_goes_is_told_once_a_day() -> None:
    station = Station()
    fine, broken = snapshot(OLD), snapshot(OLD, warnings=("The machines cannot be read.",))

    for _ in range(3):
        await station.guard(fine, broken)
        await station.guard(broken, fine)
    assert len(station.alerts) == 1
    station.clock.advance(seconds=TOLD_AGAIN_AFTER / timedelta(seconds=1))
    await station.guard(fine, broken)

    assert len(station.alerts) == 2
    assert len(station.changed) == 7


async def test_a_problem_whose_cause_is_worded_anew_each_time_is_told_once() -> None:
    station = Station()
    readings = [
        snapshot(OLD, warnings=(f"Half of it could not be read (asked again in {s} s): why?",))
        for s in range(5, 0, -1)
    ]

    for before, after in zip([snapshot(OLD), *readings], readings, strict=False):
        await station.guard(before, after)

    assert len(station.alerts) == 1


async def test_a_clock_that_is_set_back_keeps_no_problem_untold() -> None:
    station = Station()
    fine, broken = snapshot(OLD), snapshot(OLD, warnings=("The machines cannot be read.",))
    await station.guard(fine, broken)

    station.clock.advance(seconds=-86_400 * 365)
    await station.guard(fine, broken)

    assert len(station.alerts) == 2


async def test_a_message_has_its_length_however_much_has_changed() -> None:
    station = Station()
    long = tuple(an_input(f"{'long' * 9}_{number}") for number in range(50))
    names = [f"workflow_{number:02}" for number in range(60)]
    before = snapshot(*(a_workflow(name, inputs=long) for name in names))
    after = snapshot(
        *(a_workflow(name, inputs=()) for name in names),
        *(a_workflow(f"new_{number:02}") for number in range(15)),
    )

    await station.guard(before, after)

    text = station.alerts[0]
    assert len(text) <= TEXT_LENGTH
    assert text.endswith("…\nAnd 58 more: `stationthis workflows sync` shows them.")


async def test_many_new_names_are_counted() -> None:
    station = Station()
    names = [f"new_{number:02}" for number in range(15)]

    await station.guard(snapshot(OLD), snapshot(NEW, *(a_workflow(name) for name in names)))

    assert station.alerts[0].endswith("new_10, /new_11 and 3 more.")
