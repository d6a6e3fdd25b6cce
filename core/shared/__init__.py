"""What every room of the core may lean on: ids, errors, events, small ports."""
