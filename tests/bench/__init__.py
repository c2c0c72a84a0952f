"""
How fast, and with how much memory: measured, side by side in one run. These
are no tests; ``tox -e bench`` prints their tables.
"""
