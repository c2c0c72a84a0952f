"""
What the request of a task says: how each task method lays out its parameters,
and the titles made of them. Asking a hub for tasks is not done here.
"""
