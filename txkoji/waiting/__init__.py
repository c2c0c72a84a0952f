"""
Waiting for changes on a hub, by polling.

The changes are the end of a task, a new repository, and builds in a tag.
Events of the message bus are in `txkoji.messages`.
"""
