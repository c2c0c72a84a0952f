"""
XML-RPC as Koji's hub writes it: bytes to Python values, and back.

`xmlrpc` encodes calls and answers. `decoder` decodes an answer while its bytes
arrive, with the help of `rows` and `expat`. HTTP is in `txkoji.hub.http`, and
sessions are in `txkoji.hub.session`.
"""
