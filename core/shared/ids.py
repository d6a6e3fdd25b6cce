"""The names by which things are known: plain text, told apart by the type checker."""

from typing import NewType

AccountId = NewType("AccountId", str)
"""One person, whatever platforms they come from; also the id of that person's wallet."""

JobId = NewType("JobId", str)
"""One generation of ours: 32 hexadecimal characters, also the id of its hold."""

RunId = NewType("RunId", str)
"""One run at ComfyUI Deploy: their UUID."""

DeploymentId = NewType("DeploymentId", str)
"""One deployment at ComfyUI Deploy: their UUID; changes with every new deployment."""

WorkflowName = NewType("WorkflowName", str)
"""The command under which people call a workflow: `text2img`; stable where deployments are not."""

WorkflowKey = NewType("WorkflowKey", str)
"""One workflow at ComfyUI Deploy: their UUID; neither a rename nor a new deployment changes it."""

DraftId = NewType("DraftId", str)
"""One form that is being filled in: 32 hexadecimal characters."""

MediaId = NewType("MediaId", str)
"""One stored file: unguessable, ending in its true extension: `5f0c....png`."""

WalletId = NewType("WalletId", str)
"""One wallet; a person's wallet has the account's id."""

ChatId = NewType("ChatId", str)
"""One conversation on one platform: `web:8d1f...`."""
