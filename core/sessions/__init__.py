"""Sessions: who is talking to us, and what was said."""
