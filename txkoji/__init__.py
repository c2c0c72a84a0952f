"""
A Twisted client library for Koji, the build system of RPM distributions.

`Connection` calls the methods of a Koji hub. `Profile` has the options of a
hub. `KojiException` is the base class of the errors.

The manual
----------

* `Connecting and logging in <txkoji.hub>`: profiles, sessions, proxies and
  certificates.
* `Calls, batches and streams <txkoji.manual.calls>`: one call, many calls, and
  long lists.
* `Builds and tasks <txkoji.builds>`: the objects that calls give, versions,
  images, modules and signatures.
* `Submitting builds <txkoji.submissions>`: from the source to the files, and
  the reason of a failure.
* `Tags <txkoji.tags>`: differences, changes, the past, and side tags.
* `Waiting <txkoji.waiting>`: for tasks, builds, tags and repositories, and
  estimates of their ends.
* `Events <txkoji.messages>`: of the hub, from a message bus or by polling.
* `Files <txkoji.files>`: uploads, downloads, and logs that grow.
* `Links <txkoji.links>`: the objects that links to kojiweb show.
* `Tests of your own <txkoji.testing>`: a Koji hub in memory, or on a port.
* `Daemons <txkoji.manual.daemons>`: outages, logs and statistics.
* `asyncio, threads and twistd <txkoji.manual.event_loops>`: programs of other
  kinds.
* `Errors <txkoji.exceptions>`: their tree, and the outcome of a write.
* `Performance and robustness <txkoji.manual.performance>`: measurements.
* `In few lines <txkoji.manual.few_lines>`: what programs write by hand.
* `Coming from 0.10 <txkoji.manual.from_0_10>`: the differences from txkoji
  0.10.

In the code of the manual, ``koji`` is a `Connection`, and ``hub`` is the
`FakeHub <txkoji.testing.hub.FakeHub>` behind it. The code is the body of a
coroutine function. In a function with ``inlineCallbacks``, write ``yield`` in
place of ``await``. A comment at the end of a line, or below the line, is the
value of the line.

The reference
-------------

`Connection` lists its own methods. `txkoji.methods.DeferredMethods` lists the
methods of a hub, with their parameters and results, and `txkoji.structs` the
members of rows.

``tox -e docs`` writes manual and reference as HTML. ``python -m pydoc
txkoji.files`` shows a chapter in a terminal.
"""
from txkoji.connection import Connection
from txkoji.exceptions import KojiException, KojiLoginException
from txkoji.hub.profile import Profile

__all__ = ['Connection', 'KojiException', 'KojiLoginException', 'Profile']

#: setup.py reads it, too.
__version__ = '1.0.0'
