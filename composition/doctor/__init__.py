"""`stationthis doctor`: every setting tried for real, and how to put right what does not work."""
