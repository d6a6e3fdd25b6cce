"""The mouths of StationThis: one conversation, and a translator for each platform."""
