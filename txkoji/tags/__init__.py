"""
Tags as a whole.

`diff` compares two, `changes` reads the history of one, and `side_tags` makes
tags for a while.
"""
