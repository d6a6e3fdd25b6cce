"""The plan that the account is on: one that allows everything."""

import datetime as dt

from infrastructure.emulator.versions import USER_ID

_PLAN = "creator_monthly"
_MACHINES = 10
_WORKFLOWS = 30


def plan_row(*, machines: int, workflows: int, moment: dt.datetime) -> dict[str, object]:
    """Return the plan with how much of it is in use; the service misspells one field."""
    return {
        "features": {
            "machineLimited": machines > _MACHINES,
            "machineLimit": _MACHINES,
            "currentMachineCount": machines,
            "workflowLimited": workflows > _WORKFLOWS,
            "workflowLimit": _WORKFLOWS,
            "currentWorkflowCount": workflows,
            "priavteModels": True,
            "alwaysOnMachineLimit": None,
        },
        "plans": {
            "plans": [_PLAN],
            "names": [_PLAN],
            "prices": [],
            "amount": [],
            "charges": [],
            "cancel_at_period_end": False,
            "canceled_at": None,
            "payment_issue": False,
            "payment_issue_reason": "",
            "autumn_data": {"id": USER_ID, "products": [_product()], "features": {}},
            "last_invoice_timestamp": None,
            "source": "autumn",
            "last_update": int(moment.timestamp()),
            "stripe_customer_id": None,
            "subscription_id": None,
        },
    }


def _product() -> dict[str, object]:
    return {
        "id": _PLAN,
        "name": _PLAN,
        "group": "",
        "status": "active",
        "items": [],
        "current_period_start": None,
        "current_period_end": None,
        "subscription_ids": [],
        "canceled_at": None,
        "is_add_on": False,
    }
