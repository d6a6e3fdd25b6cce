"""The pure middle of StationThis: nouns, needs and verbs; no I/O, clock, chance or log."""
