"""
Performance and robustness, and how to measure them.

Measurements
------------

``tox -e bench`` measures on your machine, side by side with other libraries.
On a machine with two cores, the benchmarks printed:

* 7,332 calls a second over TLS, with 136 microseconds of CPU time a call. That
  is 7.94 times the calls of Koji's own client in 20 threads, 1.49 times those
  of aiohttp with ``xmlrpc.client``, and 12.45 times those of Twisted's
  ``Proxy``.
* A list of builds of 7 MB is decoded 13.3 times as fast as by Python's
  ``xmlrpc.client``, while it arrives.

The benchmarks also measure the time that the reactor is held, and the memory;
a thousand calls, single and batched; the import and the first answer; the
errors of estimates in simulated channels; and the reading of messages.

Advice
------

* Make one `Connection`, and keep it: its TLS connections serve further calls.
* Start calls together, with ``gatherResults`` or ``asyncio.gather``. They run
  side by side.
* Ask for many objects by `Connection.batched` or `Connection.MultiCall`: a hub
  is much faster with many calls in one request.
* Read long lists by `Connection.iterate` or `Connection.pages`: they need
  little memory.

Robustness
----------

``tox -e chaos`` makes thousands of calls through proxies that cut, delay,
damage and invent data, sends large files through them, and makes a hundred
thousand calls on one Connection. ``tox -e fuzz`` runs atheris on answers,
configuration files, messages and links.

An answer of more than ``max_body`` bytes, 512 MiB by default, is an error.
Files, and the lists of `Connection.iterate`, have no limit.
"""
