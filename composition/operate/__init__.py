"""The operator's commands: what the workspace and the station's own records hold."""
