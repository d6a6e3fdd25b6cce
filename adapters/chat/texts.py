"""Every sentence that people read in a chat, but for those of the errors themselves."""

from core.points.model import Points

WELCOME = (
    "Write what you want to see, and I make it: for example “a red fox in the snow”. "
    "You see the price first, and pay only for what you get."
)
START_COMMAND = "how to begin"
MAKE_COMMAND = "a picture from words: /make a red fox in the snow width=512"
WORKFLOWS_COMMAND = "everything I can run, with its inputs and prices"
POINTS_COMMAND = "what you have, and when it refills"
STATUS_COMMAND = "what is under way"
CANCEL_COMMAND = "stop the newest one, or /cancel all"
HELP_COMMAND = "how to use me"
PROMPT_OPTION = "what you want to see"
IMAGE_OPTION = "a picture to start from"
WHICH_OPTION = "all, or nothing for the newest one"
TOO_LARGE = "{name} has {megabytes} MB, which is too large to be sent here."
MORE_RESULTS = "{count} more are too many for one message."
SHOWN_BELOW = "done, see below"
ALERT = "For the operator"
PICTURE_TOO_LARGE = "Pictures may have up to 20 MB and this has more. Please send a smaller one."
PICTURE_NOT_FETCHED = "That picture could not be fetched. Please send it again."
NOTED = "Noted."
RESTARTING = "I am being restarted: please ask /status, or say it again in a minute."
HELP_IMAGE = "Send a picture with a sentence to change it; add a command to say how: /upscale."
NOTHING_OPEN = "Nothing is under way. Write what you want to see."
NOTHING_TO_CANCEL = "There is nothing to cancel."
NO_WORKFLOWS = "There are no workflows yet. An operator adds them in ComfyUI Deploy."
EMPTY = "Please write what you want to see. /help shows how."
ALLOWANCE = "allowance"
BOUGHT = "bought"
HELD = "set aside for what is under way"
NEXT_REFILL_IN = "next refill in"
NO_INPUTS = "no inputs"
WORKFLOWS = "Workflows"
POINTS = "Points"
STATUS = "Status"
WORKFLOW = "workflow"
RUN_TIME = "run time"
PRICE = "price"
UNDO = "Undo"
CANCEL = "Cancel"
AGAIN = "Again"
TRY_AGAIN = "Try again"
UPSCALE = "Upscale"
INFO = "Info"
CANCELLING = "Cancelling\N{HORIZONTAL ELLIPSIS}"
CANCELLED_FREE = "Cancelled. You were not charged."
WAITING = "Waiting for a free place"
STARTING = "Starting"
QUEUED = "Queued"
FINISHING = "Finishing"
ENDED_ALREADY = "That one has ended already."
BUG = "Something broke on our side. Please try again; /status shows what is under way."

COUNTED_IN_SECONDS_S = 90
"""Up to a minute and a half people count seconds."""


def seconds(value: float) -> str:
    """Return a time as people say it: `4 s`, `2 min`, `1 h 10 min`."""
    if value < COUNTED_IN_SECONDS_S:
        return f"{value:.1f} s" if value < 1 else f"{value:.0f} s"
    hours, rest = divmod(round(value / 60), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def balance(available: Points) -> str:
    """Return what a person has."""
    return f"You have {available}"


def result(number: int) -> str:
    """Return the name of one of several results."""
    return f"result {number}"


def paid(charged: Points, quoted: Points) -> str:
    """Return what was paid of a quote."""
    return f"{charged} of at most {quoted}"


def price(points: Points, median_s: float) -> str:
    """Return a quote: the most that it costs, and the time it takes."""
    return f"at most {points}, about {seconds(median_s)}"


def ahead(count: int) -> str:
    """Return how many are before a person."""
    if count == 0:
        return "you are next"
    return f"{count} ahead of you"


def cancelled(charged: Points) -> str:
    """Return the end of a cancelled job."""
    if charged.amount == 0:
        return CANCELLED_FREE
    return f"Cancelled. You paid {charged} for the time that it ran."


def bug(error_id: str) -> str:
    """Return the apology for a fault of ours, with the number under which the log has it."""
    return f"{BUG} (Our note of it: {error_id}.)"
