"""Views: facts in, a card out. They call nothing."""
