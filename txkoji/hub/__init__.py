"""
Calls to a Koji hub, and nothing about builds or tasks.

From the top floor down, each module or package uses those below::

    calls                      reads in parallel, writes one after the other
    limits                     deadlines, and the close of a Connection
    session                    login, signed calls, renewal, logout
    transport                  requests and downloads, a limited number at once
    retries, backoff           new attempts after an outage
    http                       one request and its answer, over a connection
    codec                      XML-RPC: bytes to Python values, and back
    reads, outcome, faults     the facts about methods, attempts and faults
    profile, config_files      Koji's configuration files
    stats, deferreds           small tools

The features are above, beside `txkoji.connection`. The errors are below, in
`txkoji.exceptions`.
"""
