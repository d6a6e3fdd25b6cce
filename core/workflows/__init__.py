"""Workflows: what can be run, and what it needs to be told."""
