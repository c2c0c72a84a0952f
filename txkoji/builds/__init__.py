"""
What builds are made of.

Container images and modules (from the members of ``extra``), archives,
signed copies of packages, and the builds of a task.
"""
