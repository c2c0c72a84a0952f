"""
One HTTP/1.1 request to a hub and its answer, and downloads of files.

The connections, their pool, proxies and TLS are here as well. Hub methods and
sessions are elsewhere, in `txkoji.hub.calls` and `txkoji.hub.session`, and so
is XML-RPC, in `txkoji.hub.codec`.
"""
