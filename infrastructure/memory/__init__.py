"""The stores in dictionaries: for trying out and for tests; shipped."""
