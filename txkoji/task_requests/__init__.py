"""
The requests of tasks: their layouts, subjects and titles.

Each task method lays out its parameters in its own way. Nothing here asks a
hub; `txkoji.task` does.
"""
