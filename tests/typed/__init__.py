"""Programs of users, for type checkers: they are checked, and never run."""
