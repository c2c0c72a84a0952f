"""
Waiting until something on a hub has happened: a task has ended, a repository
is there, a build is tagged. What the message bus says is in
`txkoji.messages`.
"""
