"""The daemon of the examples, for long, on a bad day."""
