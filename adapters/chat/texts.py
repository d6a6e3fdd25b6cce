"""Every sentence that people read in a chat, but for those of the errors themselves."""

from collections.abc import Iterable

from core.points.model import Points
from core.points.pricing import Quote
from core.points.receipts import Kind

WELCOME = (
    "Write what you want to see, and I make it: for example “a red fox in the snow”. "
    "You see the price first, and pay only for what you get."
)
START_COMMAND = "how to begin"
MAKE_COMMAND = "a picture from words: /make a red fox in the snow width=512"
WORKFLOWS_COMMAND = "everything I can run, and what it costs: /workflows fox"
POINTS_COMMAND = "what you have, and when it refills"
WHY_COMMAND = "what one cost and why, by its code: /why 5f0c1a2b"
STATUS_COMMAND = "what is under way"
CANCEL_COMMAND = "stop the newest one, or /cancel all"
RUN_COMMAND = "any workflow by its name: /run upscale"
SETTINGS_COMMAND = "what your workflows begin with: /settings text2img width=512"
RELOAD_COMMAND = "read the workflows anew"
HELP_COMMAND = "how to use me, or a workflow: /help text2img"
PROMPT_OPTION = "what you want to see"
IMAGE_OPTION = "a picture to start from"
WORKFLOW_OPTION = "which workflow"
SEARCH_OPTION = "what to look for"
OPTIONS_OPTION = "values for inputs: width=512 steps=30"
CODE_OPTION = "the code on a result; nothing for the newest one"
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
FULL_IN = "full in"
LATELY = "Lately"
OLDER = "Older"
NEWER = "Newer"
NO_ENTRIES = "There is nothing older."
SOMETHING = "something"
QUOTED = "quoted"
CHARGED = "charged"
RETURNED = "returned"
RATE = "rate"
STATE = "state"
FIXED = "a fixed price"
NO_INPUTS = "no inputs"
WORKFLOWS = "Workflows"
POINTS = "Points"
STATUS = "Status"
WORKFLOW = "workflow"
VERSION = "version"
RUN_TIME = "run time"
PRICE = "price"
UNDO = "Undo"
CANCEL = "Cancel"
AGAIN = "Again"
TRY_AGAIN = "Try again"
UPSCALE = "Upscale"
INFO = "Info"
TWEAK = "Tweak"
TRY_IT = "Try it"
FORGET = "Forget"
HEADINGS = "Overview"
OPERATORS_ONLY = "Only an operator can do that."
FOR_OPERATORS = "for operators only"
SEARCH_HINT = "To look for one: "
NOTHING_FOUND = "Nothing here is called “{words}”, or says so of itself."
MEANT_PERHAPS = " Perhaps you mean one of these:"
CHECK_HINT = "Operators: `stationthis workflows sync` shows "
MAKES = "makes: "
ALSO_CALLED = "also called: "
INPUTS = "What it takes"
TRY_WITH = "For example:"
SEND_A_PICTURE = "Send a picture along."
RESERVED_NAME = "Its name is a command of ours: it is reached by /run alone."
NEEDED_INPUT = "needed"
NEW_EACH_TIME = "another one each time"
UNCHANGED = "All is as it was."
STAYS = " What was known stays."
SETTINGS_TITLE = "What your workflows begin with"
SETTINGS_NONE = "Nothing is saved: every workflow begins with its own values."
SETTINGS_HINT = "To save something: "
SETTINGS_HERE = "in this chat, for everybody"
SETTINGS_OWN = "It begins with its own values."
SETTINGS_GONE = "a workflow that is gone"
SET_ASIDE = "set aside, and not used"
SAVED = "Saved."
FORGOTTEN = "Forgotten."
RUN = "Run"
KEEP = "Keep as my settings"
CLOSE = "Close"
BACK = "Back"
BEFORE = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"
AFTER = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
ANSWER = "Answer"
MY_LAST_RESULT = "My last result"
ITS_OWN_VALUE = "Its own value"
YES, NO = "yes", "no"
CHANGED = "\N{BLACK CIRCLE}"
NEEDED = "still needed"
NOTHING_YET = "nothing"
RANDOM = "random"
YOUR_FILE = "yours"
ITS_OWN_FILE = "its own"
FORM_STARTED = "Started, see below."
FORM_CLOSED = "Closed. Nothing was made, and nothing paid."
FORM_LEFT = "See below."
FORM_CHANGED = "The workflow has changed meanwhile. Please look once more."
NO_RESULT = "You have no result that fits. Please send one."
NOTHING_KEPT = "Nothing is changed, so nothing is kept: it begins with its own values."
ANY_SEED = "a whole number, or -1 for another one each time"
IN_STEPS = "in steps of {step}"
WHAT_TO_SEE = "What do you want to see?"
REPLY_HERE = "In a group I hear only replies: please reply to this message."
REPLY_WITH_IT = "In a group I see only replies: please reply to this message with the picture."
PRESS_ANSWER = "Here I do not hear what is written: please press Answer."
NO_PICTURES_HERE = (
    "Here I do not see what is sent: please give the command again, together with the picture."
)
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


def paid(charged: Points, quote: Quote) -> str:
    """Return what was paid of a quote."""
    if quote.is_fixed and charged == quote.points:
        return str(charged)
    return f"{charged} of {_amount(quote.points, is_fixed=quote.is_fixed)}"


def price(points: Points, median_s: float, *, cold_s: float = 0.0, is_fixed: bool = False) -> str:
    """Return a price and a time; `cold_s` is what a cold machine is likely to add, 0 for none."""
    said = f"{_amount(points, is_fixed=is_fixed)}, about {seconds(median_s)}"
    return f"{said}, and some {seconds(cold_s)} more to start a cold machine" if cold_s else said


def quoted(quote: Quote) -> str:
    """Return all that a quote says: the price, or the most that it can be, and the time."""
    return price(quote.points, quote.median_s, cold_s=quote.cold_s, is_fixed=quote.is_fixed)


def receipt(returned: Points, code: str) -> str:
    """Return what came back of what was held, if anything did, and how to ask for the reasons."""
    asking = f"/why {code}"
    return f"{returned.amount:,} {RETURNED} · {asking}" if returned.amount else asking


def entry(kind: Kind, amount: int, what: str, *, is_bought: bool = False) -> str:
    """
    Return a line of a person's points; `what` is what a hold was for.

    Only what comes or leaves for good has a sign: the signed lines add up to what a person has.
    """
    of_bought = f" ({BOUGHT})" if is_bought else ""
    match kind:
        case Kind.ALLOWANCE:
            return f"+{amount:,} {ALLOWANCE}"
        case Kind.GRANTED:
            return f"+{amount:,} {BOUGHT} or given"
        case Kind.CHARGED:
            return f"-{amount:,} {what}"
        case Kind.HELD:
            return f"{amount:,} set aside for {what}{of_bought}"
        case _:
            return f"{amount:,} {RETURNED} from {what}{of_bought}"


def named_job(workflow: str, words: str) -> str:
    """Return a job as a line of a person's points names it."""
    return f"{workflow} “{words}”" if words else workflow


def ago(value: float) -> str:
    """Return how long ago something was, from its seconds: `just now`, `3 min ago`."""
    if value < 1:
        return "just now"
    days = int(value // 86_400)
    return f"{days} days ago" if days > 1 else f"{seconds(value)} ago"


def rate(points_per_s: float) -> str:
    """Return what a second costs."""
    return f"{points_per_s:.3g} points a second"


def _amount(points: Points, *, is_fixed: bool) -> str:
    return f"{points}" if is_fixed else f"at most {points}"


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


def run_for(quote: Quote) -> str:
    """Return the label of the button that starts a form's generation."""
    most = "" if quote.is_fixed else "at most "
    return f"{RUN} · {most}{quote.points.amount:,}"


def kept(names: Iterable[str]) -> str:
    """Return what a person's generations begin with from now on."""
    return f"Kept: it begins with your {', '.join(names)} from now on."


def ask_text(name: str) -> str:
    """Ask for a text."""
    return f"Please write the text for “{name}”."


def ask_number(name: str, limits: str) -> str:
    """Ask for a number."""
    return f"Please write the new {name}{': ' if limits else ''}{limits}."


def between(low: str, high: str) -> str:
    """Return a range; what is empty has no limit."""
    if low and high:
        return f"{low} to {high}"
    return f"from {low} up" if low else f"up to {high}" if high else ""


def ask_choice(name: str, *, many: bool) -> str:
    """Ask for one of the options."""
    return f"Please choose the {name}{', or write a part of what it is called' if many else ''}."


def ask_picture(name: str) -> str:
    """Ask for a picture."""
    return f"Please send a picture for “{name}”."


def ask_file(name: str) -> str:
    """Ask for a file that nobody can send."""
    return f"“{name}” takes a result of yours."


def no_option(typed: str) -> str:
    """Say that an option is not there."""
    return f"Nothing there is called “{typed[:40]}”."


def some_options(shown: int, found: int) -> str:
    """Say that there are more options than are shown."""
    return f"{shown} of {found}: please write more of the name."


def counted(count: int, one: str) -> str:
    """Return a number of things: `1 workflow`, `1,000 workflows`."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def not_ready(status: str) -> str:
    """Say that a machine takes no runs now, in the service's own word."""
    return f"not ready: {status}"


def place(environment: str, version: int | None, gpu: str) -> str:
    """Return where a workflow runs."""
    told = (gpu, environment, "" if version is None else f"version {version}")
    return ", ".join(filter(None, told))


def page_of(page: int, pages: int) -> str:
    """Return which page of how many is shown, counted from 1."""
    return f"page {page} of {pages}"


def and_more(count: int) -> str:
    """Say that there are more than are shown."""
    return f"and {count:,} more"


def to_check(warnings: int, collisions: int) -> str:
    """Tell operators what is wrong with the workflows, and where to read it."""
    told = [counted(warnings, "warning")] if warnings else []
    told += [f"{counted(collisions, 'name')} that several workflows have"] if collisions else []
    return f"{CHECK_HINT}{' and '.join(told)}."


def reloaded(count: int, took_s: float) -> str:
    """Return how many workflows were read."""
    return f"{counted(count, 'workflow')}, read in {seconds(took_s)}."


def no_setting(word: str) -> str:
    """Say that a word is no value of an input."""
    return f"“{word[:40]}” is no setting: please write input=value, such as width=512."
