"""
One request to a hub and its answer, over HTTP/1.1: connections, the pool that
keeps them, bodies, and what opens connections.

Nothing here knows of hub methods, sessions or XML-RPC. Files under the topurl
are plain HTTP, and go over treq.
"""
