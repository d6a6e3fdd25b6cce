"""The workflows of the workspace, each with its versions."""

import datetime as dt
import uuid

import attrs

from infrastructure.emulator.spelling import now, zoneless_time
from infrastructure.emulator.times import spaced_time
from infrastructure.emulator.versions import USER_ID, WorkflowVersion


@attrs.define(kw_only=True, eq=False)
class Workflow:
    """A workflow; its versions are oldest first."""

    id: str = attrs.Factory(lambda: str(uuid.uuid4()))
    name: str
    description: str | None = None
    cover_image: str | None = None
    selected_machine_id: str | None = None
    pinned: bool = False
    deleted: bool = False
    created_at: dt.datetime = attrs.Factory(now)
    updated_at: dt.datetime = attrs.Factory(lambda self: self.created_at, takes_self=True)
    versions: list[WorkflowVersion] = attrs.Factory(list)

    def row(self) -> dict[str, object]:
        """Return the workflow as `GET /workflows/all` shows it."""
        return {
            "id": self.id,
            "user_id": USER_ID,
            "org_id": None,
            "name": self.name,
            "selected_machine_id": self.selected_machine_id,
            "created_at": zoneless_time(self.created_at),
            "updated_at": zoneless_time(self.updated_at),
            "pinned": self.pinned,
            "deleted": self.deleted,
            "description": self.description,
            "cover_image": self.cover_image,
        }

    def listed_row(self) -> dict[str, object]:
        """Return the workflow as `GET /workflows` shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "created_at": spaced_time(self.created_at),
            "updated_at": spaced_time(self.updated_at),
            "pinned": self.pinned,
            "cover_image": self.cover_image,
            "user_name": "Emulator",
            "user_id": USER_ID,
            "selected_machine_id": self.selected_machine_id,
            "user_icon": None,
        }

    def newest_versions(self) -> list[WorkflowVersion]:
        """Return the versions, newest first."""
        return self.versions[::-1]

    def version(self, number: int) -> WorkflowVersion | None:
        """Return the version with this number, or None."""
        return next((one for one in self.versions if one.number == number), None)

    def save(self, version: WorkflowVersion) -> WorkflowVersion:
        """Add a version; the workflow counts as changed."""
        self.versions.append(version)
        self.updated_at = version.created_at
        return version


@attrs.define
class WorkflowBook:
    """All workflows of the workspace; a deleted one is there, but not found."""

    _workflows: dict[str, Workflow] = attrs.Factory(dict)

    def add(self, workflow: Workflow) -> Workflow:
        """Keep a new workflow."""
        self._workflows[workflow.id] = workflow
        return workflow

    def find(self, workflow_id: str) -> Workflow | None:
        """Return the workflow with this id, or None when there is none or it is deleted."""
        found = self._workflows.get(workflow_id)
        return None if found is None or found.deleted else found

    def version(self, version_id: str) -> WorkflowVersion | None:
        """Return the version with this id, or None."""
        return next(
            (
                version
                for workflow in self.all()
                for version in workflow.versions
                if version.id == version_id
            ),
            None,
        )

    def all(self) -> list[Workflow]:
        """Return the workflows: pinned ones first, then the last that was changed."""
        found = [one for one in self._workflows.values() if not one.deleted]
        return sorted(found, key=lambda one: (one.pinned, one.updated_at), reverse=True)
