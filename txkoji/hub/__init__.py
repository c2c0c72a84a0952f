"""
How we talk to a hub: who it is (`profile`), whom we trust (`tls`), how bytes
get there and back (`transport`), and what they mean (`xmlrpc`). Nothing here
knows of builds or tasks.
"""
