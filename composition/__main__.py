"""`python -m composition`: the program, as the start script runs it."""

from composition.cli import main

main(prog_name="stationthis")
