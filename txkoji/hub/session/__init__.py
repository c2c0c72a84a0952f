"""
Sessions on a hub: login, signed calls, renewal and logout.

`session` has the session and the calls in it, `authenticator` the requests
about sessions, and `credentials` and `kerberos` the ways to log in. The queue
of writes is in `txkoji.hub.calls`, and connections are in `txkoji.hub.http`.
"""
