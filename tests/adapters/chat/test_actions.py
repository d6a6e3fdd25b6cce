import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat.actions import (
    MAX_BYTES,
    Action,
    BrowseWorkflows,
    CancelJob,
    ForgetPreferences,
    OpenForm,
    PressForm,
    RepeatJob,
    RunCommand,
    ShowEntries,
    ShowInfo,
    ShowWorkflow,
    TweakJob,
    UpscaleResult,
    decode,
    encode,
)
from core.shared.errors import StaleButtonError
from core.shared.ids import DraftId, JobId

JOB = JobId("5f0c" * 8)
DRAFT = DraftId("5f0d" * 8)
NAME = "a" * 32
LONGEST: tuple[Action, ...] = (
    CancelJob(JOB),
    RepeatJob(JOB),
    UpscaleResult(JOB),
    ShowInfo(JOB),
    TweakJob(JOB),
    RunCommand(NAME),
    ShowWorkflow(NAME),
    OpenForm(NAME),
    ForgetPreferences(NAME),
    BrowseWorkflows(f"?{'a' * 39}.999"),
    PressForm(DRAFT, "a" * 8 + ".1234" * 3),
    ShowEntries("9999"),
)
JOBS = st.text("0123456789abcdef", min_size=32, max_size=32).map(JobId)
ACTIONS = st.one_of(
    *(st.builds(kind, JOBS) for kind in (CancelJob, RepeatJob, UpscaleResult, ShowInfo, TweakJob)),
    *(
        st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True).map(kind)
        for kind in (RunCommand, ShowWorkflow, OpenForm, ForgetPreferences)
    ),
    st.from_regex(r"[^:\x00-\x1f]{0,40}\.[0-9]{1,3}", fullmatch=True).map(BrowseWorkflows),
    st.from_regex(r"[0-9]{1,4}", fullmatch=True).map(ShowEntries),
    st.builds(
        PressForm,
        JOBS.map(DraftId),
        st.from_regex(r"[a-z]{1,8}(\.[0-9]{1,4}){0,3}", fullmatch=True),
    ),
)


def test_an_action_reads_as_version_verb_and_subject() -> None:
    assert [encode(each) for each in LONGEST] == [
        f"1:cancel:{JOB}",
        f"1:again:{JOB}",
        f"1:upscale:{JOB}",
        f"1:info:{JOB}",
        f"1:tweak:{JOB}",
        f"1:do:{NAME}",
        f"1:about:{NAME}",
        f"1:try:{NAME}",
        f"1:forget:{NAME}",
        f"1:list:?{'a' * 39}.999",
        f"1:form:{DRAFT}:aaaaaaaa.1234.1234.1234",
        "1:entries:9999",
    ]


@pytest.mark.parametrize("action", LONGEST)
def test_the_longest_action_of_each_kind_fits_into_a_button(action: Action) -> None:
    assert len(encode(action).encode()) <= MAX_BYTES


@given(ACTIONS)
@settings(deadline=None)
def test_every_action_comes_back_as_it_was(action: Action) -> None:
    assert decode(encode(action)) == action


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "::",
        "cancel",
        f"cancel:{JOB}",
        f"0:cancel:{JOB}",
        f"2:cancel:{JOB}",
        f"1:destroy:{JOB}",
        f"1:Cancel:{JOB}",
        "1:cancel:",
        f"1:cancel:{JOB}\n",
        f"1:cancel:{JOB}0",
        f"1:cancel:{JOB.upper()}",
        "1:cancel:" + "\N{ARABIC-INDIC DIGIT ONE}" * 32,
        f"1:cancel:{JOB}:{JOB}",
        "1:do:",
        "1:do:help\n",
        "1:do:/help",
        "1:do:" + "a" * 33,
        "1:do:\N{FOX FACE}",
        "1:list:fox",
        "1:list:fox.1000",
        "1:list:a:b.0",
        "1:list:fox.\N{ARABIC-INDIC DIGIT ONE}",
        "1:about:Text2Img",
        "1:try:",
        f"1:form:{DRAFT}",
        f"1:form:{DRAFT}:",
        f"1:form:{DRAFT}:run:run",
        f"1:form:{DRAFT}:pick.1.2.3.4",
        "1:form:draft:run",
        "1:" + "a" * 10_000,
        "\0\ud800",
    ],
)
def test_a_forged_an_old_or_a_broken_button_is_stale(text: str) -> None:
    with pytest.raises(StaleButtonError) as stale:
        decode(text)

    assert len(str(stale.value)) < 400


@given(
    st.text()
    | st.from_regex(r"1:(do|cancel|again|info|upscale|tweak|list|about|try|forget|form):.*")
)
@settings(deadline=None)
def test_whatever_a_button_says_it_is_an_action_or_stale(text: str) -> None:
    try:
        action = decode(text)
    except StaleButtonError:
        return

    assert encode(action) == text


@pytest.mark.parametrize("job", ["", "job-1", "g" * 32, "a" * 31])
def test_an_action_on_what_is_no_job_is_a_bug(job: str) -> None:
    with pytest.raises(ValueError, match="job"):
        CancelJob(JobId(job))


@pytest.mark.parametrize("draft", ["", "draft-1", "g" * 32, "a" * 31])
def test_a_press_of_what_is_no_form_is_a_bug(draft: str) -> None:
    with pytest.raises(ValueError, match="draft"):
        PressForm(DraftId(draft), "run")
