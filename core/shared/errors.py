"""
Every error that StationThis raises on purpose.

    StationError                    has `code` (for logs and tests) and `user_message` (for people)
      UserMistakeError              the person can put it right, and the message says how
        InputRefusedError           a value that the workflow does not take
          InputMissingError         one that it cannot do without was not given: a form asks for it
        UnknownWorkflowError        no workflow of that name
        NotEnoughPointsError        the wallet does not cover the quote
        MediaRefusedError           a file that is not an image we take, or is too large
        TooManyJobsError            too many generations of one person are open
        NotYoursError               a job or a button that belongs to somebody else
        UnknownCodeError            no job has the code
        AmbiguousCodeError          several jobs have it
        StaleButtonError            a button from an older version, or of a job that is gone
      ServiceError                  something that we lean on failed; of the service: not charged
        ServiceBusyError            it wants us to wait; nothing was queued
        ServiceRefusedError         our key, our account or our deployment is refused
          NoCreditError             the workspace's credit is used up
          DeploymentGoneError       the deployment was taken away since it was read
        ServiceTroubleError         no answer, or one that makes no sense
        SubmitUnclearError          no answer to a submit: a run MAY have been queued
        NotThereError               it does not know what it was asked for
          RunUnknownError           it does not know the run (any more)
        MediaTroubleError           a result could not be fetched or stored
        StoreTroubleError           our own database is away, locked or full; it MAY have kept
                                    what was begun

`ValueError` is a bug, `StationError` is a message.
"""

from collections.abc import Sequence

SHOWN_NAME_LENGTH = 40
"""Characters of a name that a person typed and that we say back."""


class StationError(Exception):
    """Anything that StationThis can explain to a person. `str()` of it is for the log."""

    code = "station"

    @property
    def user_message(self) -> str:
        """Return one or two sentences for the chat: what happened, and the way on."""
        return "Something broke on our side. You were not charged. Please try again."


class UserMistakeError(StationError):
    """The person can put it right: the message says how."""

    code = "user"

    @property
    def user_message(self) -> str:
        return str(self)


class InputRefusedError(UserMistakeError):
    """One value of a wish is not taken by the workflow. `problem` is a whole sentence."""

    code = "input.refused"

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name
        self.problem = problem


class InputMissingError(InputRefusedError):
    """An input that the workflow cannot do without was not given: a form can ask for it."""

    code = "input.missing"


class UnknownWorkflowError(UserMistakeError):
    """No workflow has this name; `nearest` are the names that come closest, best first."""

    code = "workflow.unknown"

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        super().__init__(f"unknown workflow {name!r}")
        self.name = name
        self.nearest = tuple(nearest)

    @property
    def user_message(self) -> str:
        asked = self.name[:SHOWN_NAME_LENGTH]
        if not self.nearest:
            return f"There is no workflow called “{asked}”. /workflows lists what there is."
        near = " or ".join(f"/{name}" for name in self.nearest)
        return f"There is no workflow called “{asked}”. Did you mean {near}? /workflows lists all."


class NotEnoughPointsError(UserMistakeError):
    """
    The wallet does not cover the quote. Amounts are whole points.

    `wait_s` is in how many seconds refills alone will have brought enough, None for never; `held`
    is what is set aside for open jobs, and may come back.
    """

    code = "points.not_enough"

    def __init__(self, *, needed: int, available: int, wait_s: float | None, held: int = 0) -> None:
        super().__init__(f"needed {needed}, available {available}")
        self.needed = needed
        self.available = available
        self.wait_s = wait_s
        self.held = held

    @property
    def user_message(self) -> str:
        first = (
            f"This costs {self.needed} points and you have {self.available}: "
            f"{self.needed - self.available} short."
        )
        if self.wait_s is None:
            if self.held:
                return f"{first} Try again when what is under way has ended: /status shows it."
            return (
                f"{first} That is more than an allowance holds: /workflows shows what costs less."
            )
        minutes = max(1, -(-int(self.wait_s) // 60))
        return f"{first} Your allowance will have refilled enough in about {minutes} min."


class MediaRefusedError(UserMistakeError):
    """A file that a person sent cannot be used. The text is the whole sentence for them."""

    code = "media.refused"


class TooManyJobsError(UserMistakeError):
    """One person has as many generations open as we allow."""

    code = "jobs.too_many"

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} open jobs")
        self.limit = limit

    @property
    def user_message(self) -> str:
        return (
            f"You already have {self.limit} generations under way. "
            "Wait for one to end, or /cancel one."
        )


class NotYoursError(UserMistakeError):
    """A job or a button that belongs to somebody else."""

    code = "job.not_yours"

    @property
    def user_message(self) -> str:
        return "That one belongs to somebody else. Start your own: just write what you want to see."


class UnknownCodeError(UserMistakeError):
    """No job's id begins with the code that a person typed; without one they have no job."""

    code = "job.unknown_code"

    def __init__(self, typed: str) -> None:
        super().__init__(f"no job of the code {typed!r}")
        self.typed = typed

    @property
    def user_message(self) -> str:
        if not self.typed.strip():
            return "Nothing of yours has cost points yet. Write what you want to see."
        asked = self.typed.strip()[:SHOWN_NAME_LENGTH]
        return f"Nothing has the code “{asked}”. It is on each result, such as: /why 5f0c1a2b."


class AmbiguousCodeError(UserMistakeError):
    """Several jobs' ids begin with the code that a person typed: `ids` are some of them."""

    code = "job.ambiguous_code"

    def __init__(self, typed: str, ids: Sequence[str]) -> None:
        super().__init__(f"several jobs of the code {typed!r}")
        self.typed = typed
        self.ids = tuple(ids)

    @property
    def user_message(self) -> str:
        asked = self.typed.strip()[:SHOWN_NAME_LENGTH]
        several = " or ".join(f"/why {each}" for each in self.ids)
        return f"“{asked}” is the code of more than one. Please write all of it: {several}."


class StaleButtonError(UserMistakeError):
    """A button that cannot be understood any more, or whose job is gone."""

    code = "button.stale"

    @property
    def user_message(self) -> str:
        return "This button is too old to work. Please start again: /help shows how."


class ServiceError(StationError):
    """ComfyUI Deploy, or a store, failed us. When it was the service, nothing was charged."""

    code = "service"


class ServiceBusyError(ServiceError):
    """The service wants us to wait (429, 503). Nothing was queued; may be repeated."""

    code = "service.busy"

    @property
    def user_message(self) -> str:
        return "The image service is very busy. You were not charged. Please try again in a minute."


class ServiceRefusedError(ServiceError):
    """Our key, our account's credit or our deployment is refused. Only an operator can help."""

    code = "service.refused"

    @property
    def user_message(self) -> str:
        return "The image service cannot take this at present. You were not charged, and we know."


class NoCreditError(ServiceRefusedError):
    """The credit of the workspace at ComfyUI Deploy is used up. Only an operator can top it up."""

    code = "service.no_credit"


class DeploymentGoneError(ServiceRefusedError):
    """What was to run is not there any more: it was taken away, or deployed anew by another id."""

    code = "service.deployment_gone"

    @property
    def user_message(self) -> str:
        return (
            "This workflow has been changed or taken away just now. You were not charged. "
            "Please start it once more: /workflows shows what there is."
        )


class ServiceTroubleError(ServiceError):
    """No answer, or one that makes no sense. Nothing is known to have been queued."""

    code = "service.trouble"

    @property
    def user_message(self) -> str:
        return "The image service cannot be reached. You were not charged. Please try again later."


class SubmitUnclearError(ServiceError):
    """No answer to a submit: a run MAY have been queued. Look it up; do not repeat."""

    code = "service.unclear"


class NotThereError(ServiceError):
    """The service does not know what it was asked for, or will not show it to us."""

    code = "service.not_there"

    @property
    def user_message(self) -> str:
        return (
            "The image service does not know that, or keeps it from us. You were not charged. "
            "Please check the id: the list shows what is there."
        )


class RunUnknownError(NotThereError):
    """The service does not know this run (any more)."""

    code = "run.unknown"


class MediaTroubleError(ServiceError):
    """A result could not be fetched or stored."""

    code = "media.trouble"


class StoreTroubleError(ServiceError):
    """Our own database cannot be reached, is locked or full. It may have kept what was begun."""

    code = "store.trouble"

    @property
    def user_message(self) -> str:
        return (
            "Our own memory does not answer just now. Please try again in a minute; "
            "whatever is under way goes on, or is given back."
        )
