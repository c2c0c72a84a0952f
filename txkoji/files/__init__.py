"""
Files on their way to a hub, and from it: uploads, downloads, logs that grow,
imports. Which methods of a Connection begin these is in `txkoji.connection`.
"""
