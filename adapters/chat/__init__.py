"""The conversation, written once, without a platform."""
