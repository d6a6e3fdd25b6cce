"""Use cases: one verb a file; they alone join the rooms."""
