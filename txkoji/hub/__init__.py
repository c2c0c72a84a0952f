"""
How we talk to a hub: who it is (`profile`), whom we trust (`tls`), how bytes
get there and back (`transport`, over a `pool` of connections, with the `body`
of an answer taken in steps), and what they mean (`xmlrpc`; `decoder` for the
layout that hubs write, `expat` for all else). `reads` says which methods may
be asked again. Nothing here knows of builds or tasks.
"""
