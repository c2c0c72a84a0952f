"""
Builds from start to end.

`submit` starts builds, `failure` explains the failed ones, and `summary` makes
a text of that.
"""
