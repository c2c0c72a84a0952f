"""
Bytes to Python values, and back: XML-RPC as Koji's hub writes it. Nothing
here knows of HTTP or of sessions.
"""
