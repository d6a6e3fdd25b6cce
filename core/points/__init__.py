"""Points: what people pay with."""
