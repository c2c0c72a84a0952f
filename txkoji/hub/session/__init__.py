"""
Who we are on a hub: logging in, signing calls, renewing a session and ending
it. How a request gets there is in `txkoji.hub.http`.
"""
