"""
How we talk to a hub: who it is (`profile`), whom we trust (`tls`), how bytes
get there and back (`transport`, by one `attempt` after the other, over a
`pool` of connections, with the `body` of an answer taken in steps), and what
they mean (`xmlrpc`; `decoder` for the layout that hubs write, `expat` for all
else). `credentials` are the ways to log in, `negotiate` knows that of
Kerberos; `login` asks for a `session`, whose `identity` is what a call shows
of it. `calls` has each call made in its turn and in time: `reads` says which
methods may be asked again, `retries` when. Nothing here knows of builds or
tasks.
"""
