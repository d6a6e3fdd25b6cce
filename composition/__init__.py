"""Composition: settings, the container, and the program's commands."""
