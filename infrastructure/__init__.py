"""What keeps the core's ports: network, databases, files, clocks."""
