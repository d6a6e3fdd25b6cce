"""The page in a browser, and the routes that other servers call."""
