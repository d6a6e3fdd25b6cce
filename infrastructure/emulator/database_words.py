"""What the service's database says about values that it cannot take; some answers leak it."""

import uuid

_BACKGROUND = "(Background on this error at: https://sqlalche.me/e/20/dbapi)"


def is_uuid(text: str) -> bool:
    """Tell whether the database takes a text as an id."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def not_an_id(text: str) -> str:
    """Return what is said of a text that is no id."""
    said = "invalid UUID '{0}': length must be between 32..36 characters, got {1}"
    reason = said.format(text, len(text))
    return _leaked(
        "Error", "DataError", f"invalid input for query argument $1: '{text}' ({reason})"
    )


def not_in_enum(enum: str, text: str) -> str:
    """Return what is said of a text that is none of an enum's words."""
    reason = f'invalid input value for enum {enum}: "{text}"'
    return _leaked("Error", "InvalidTextRepresentationError", reason)


def not_known(table: str, column: str) -> str:
    """Return what is said of an id that points to nothing."""
    reason = f'insert or update on table "{table}" violates foreign key constraint on "{column}"'
    return _leaked("IntegrityError", "ForeignKeyViolationError", reason)


def _leaked(kind: str, cause: str, reason: str) -> str:
    return (
        f"(sqlalchemy.dialects.postgresql.asyncpg.{kind}) "
        f"<class 'asyncpg.exceptions.{cause}'>: {reason}\n{_BACKGROUND}"
    )
