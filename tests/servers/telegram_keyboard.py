"""The keyboards below messages, and what Telegram says to those it does not take."""

from tests.servers.telegram_errors import Wire, bad_request

_MOST_BUTTONS = 100
_MOST_IN_A_ROW = 8
_MOST_DATA_BYTES = 64
_NOT_ACTIONS = frozenset({"text", "style", "icon_custom_emoji_id"})
_STYLES = frozenset({"primary", "success", "danger"})
_SCHEMES = ("http://", "https://", "tg://")
_INLINE = "inline_keyboard"


def inline_keyboard(markup: Wire | None) -> Wire | None:
    """Return the keyboard that a message keeps; others belong to no message."""
    if markup is None or _INLINE not in markup:
        return None
    rows: list[list[Wire]] = [row for row in markup[_INLINE] if row]
    if sum(len(row) for row in rows) > _MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    for row in rows:
        if len(row) > _MOST_IN_A_ROW:
            raise bad_request("too many buttons in a row of the inline keyboard")
        for button in row:
            _check(button)
    return {_INLINE: rows} if rows else None


def _check(button: Wire) -> None:
    actions = set(button) - _NOT_ACTIONS
    if len(actions) != 1 or not button["text"]:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= _MOST_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not button["url"].startswith(_SCHEMES):
        raise bad_request("BUTTON_URL_INVALID")
    if button.get("style", "primary") not in _STYLES:
        raise bad_request("BUTTON_STYLE_INVALID")


def buttons_of(markup: Wire | None) -> list[list[tuple[str, str]]]:
    """Return the rows as people see them: label, and what pressing sends or opens."""
    rows = (markup or {}).get(_INLINE, [])
    return [
        [(each["text"], str(each.get("callback_data", each.get("url", "")))) for each in row]
        for row in rows
    ]


def data_of(markup: Wire | None, label_or_data: str) -> str | None:
    """Return the data of the first button with this label or this data."""
    for row in (markup or {}).get(_INLINE, []):
        for each in row:
            data = each.get("callback_data")
            if data is not None and label_or_data in (each["text"], data):
                return str(data)
    return None
